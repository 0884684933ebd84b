import { constants, createPrivateKey, privateDecrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Network } from './network.ts';
import { note } from './network.ts';
import type { ResultOutcomeName } from './result-outcomes.ts';

/** The simulator's own certificate: what initiator passwords are encrypted for. */
export const certificateFile = new URL('./certificate/simulator-certificate.pem', import.meta.url);
const privateKey = createPrivateKey(readFileSync(new URL('./certificate/simulator-key.pem', import.meta.url)));

/**
 * What is wrong with an initiator, or null. A wrong password counts, a right one clears the count; too many wrong ones lock the initiator until
 * `unlockInitiator`, even for the right password.
 */
export function checkInitiator(network: Network, name: string, securityCredential: string): ResultOutcomeName | null {
  const { merchant, state, arranged } = network;
  if (name !== merchant.initiatorName) return 'initiator-invalid';
  if (state.initiatorFailures >= arranged.switches.initiatorTries) return 'initiator-locked';
  if (decrypt(securityCredential) === merchant.initiatorPassword) {
    state.initiatorFailures = 0;
    return null;
  }
  state.initiatorFailures += 1;
  if (state.initiatorFailures >= arranged.switches.initiatorTries) note(network, `The initiator ${name} is locked now.`);
  return 'initiator-invalid';
}

/** What was encrypted (RSA, PKCS#1 v1.5), or null where this key cannot decrypt the text. */
function decrypt(securityCredential: string): string | null {
  try {
    return privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(securityCredential, 'base64')).toString();
  } catch {
    return null;
  }
}
