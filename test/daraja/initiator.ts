import { constants, privateDecrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';

const FOLDER = 'dev/daraja/certificate';

export const INITIATOR = {
  name: 'testapi',
  password: 'CANARYpassword',
  certificatePem: readFileSync(`${FOLDER}/simulator-certificate.pem`, 'utf8'),
  shortcode: '600992',
};

/** The password inside a security credential. */
export function openCredential(credential: unknown): string {
  const key = readFileSync(`${FOLDER}/simulator-key.pem`, 'utf8');
  return privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(String(credential), 'base64')).toString();
}

export const URLS = { resultUrl: 'https://pay.example/api/results/abc', timeoutUrl: 'https://pay.example/api/timeouts/abc' };

export const ACKNOWLEDGED = {
  ConversationID: 'AG_20261121_010020480ucukatfpxp2',
  OriginatorConversationID: 'b31f-4564-95fc-12ecddde605b14769223',
  ResponseCode: '0',
  ResponseDescription: 'Accept the service request successfully.',
};
