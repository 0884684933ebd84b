import { constants, publicEncrypt, X509Certificate } from 'node:crypto';
import { DarajaError } from './errors.ts';

/**
 * The SecurityCredential of an initiator: their password encrypted with the key of Safaricom's certificate (RSA, PKCS#1 v1.5), in base64. The certificate's dates
 * are not checked, since Safaricom uses its own beyond theirs. Throws `not_configured` when it cannot be made.
 */
export function encryptInitiatorPassword(password: string, certificatePem: string): string {
  if (password === '') throw notConfigured('the initiator has no password');
  const key = readCertificate(certificatePem);
  if (key.asymmetricKeyType !== 'rsa') throw notConfigured('the certificate for the initiator holds no RSA key');
  try {
    return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(password)).toString('base64');
  } catch {
    throw notConfigured('the password of the initiator is too long for the certificate');
  }
}

function readCertificate(pem: string) {
  try {
    return new X509Certificate(pem).publicKey;
  } catch {
    throw notConfigured('the certificate for the initiator is no X.509 certificate in PEM'); // without its text
  }
}

const notConfigured = (detail: string) => new DarajaError({ kind: 'refused', reason: 'not_configured' }, detail);
