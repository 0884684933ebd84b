import { X509Certificate } from 'node:crypto';
import { DarajaError } from '#mpesa/daraja/errors.ts';
import { encryptInitiatorPassword } from '#mpesa/daraja/security-credential.ts';
import { type Check, findings } from './finding.ts';
import { readConfiguration } from './read-configuration.ts';

const { ok, fail } = findings('certificate');

const FEWEST_BITS = 2048;
const MEND =
  "Download Safaricom's certificate of the same environment again (developer.safaricom.co.ke, security credentials) and set MPESA_CERTIFICATE.";

/**
 * Whether the initiator's password can be encrypted for Safaricom: an RSA key of at least 2048 bits. Its dates are only noted: Safaricom goes on using
 * certificates that have run out.
 */
export const checkCertificate: Check = ({ environment, clock }) => {
  const initiator = readConfiguration(environment)?.initiator;
  if (!initiator) return [];
  const { publicKey, validTo } = new X509Certificate(initiator.certificatePem);
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (publicKey.asymmetricKeyType !== 'rsa') return [fail('MPESA_CERTIFICATE holds no RSA key: it is not the one of Safaricom.', MEND)];
  if (bits < FEWEST_BITS) return [fail(`MPESA_CERTIFICATE holds a key of ${bits} bits only: it is not the one of Safaricom.`, MEND)];
  try {
    encryptInitiatorPassword(initiator.password, initiator.certificatePem);
  } catch (error) {
    if (!(error instanceof DarajaError)) throw error;
    return [
      fail(
        'MPESA_INITIATOR_PASSWORD cannot be encrypted with MPESA_CERTIFICATE: it is too long.',
        'Copy the password again from the organisation portal.',
      ),
    ];
  }
  const ends = new Date(validTo);
  const note =
    ends < clock.now() ? ` It ran out on ${ends.toISOString().slice(0, 10)}, which does not matter as long as Safaricom uses it.` : '';
  return [ok(`The certificate holds an RSA key of ${bits} bits, and the initiator's password fits.${note}`)];
};
