import { checkB2cApp } from './check-b2c-app.ts';
import { checkCallbackUrl } from './check-callback-url.ts';
import { checkCertificate } from './check-certificate.ts';
import { checkConfiguration } from './check-configuration.ts';
import { checkDatabase } from './check-database.ts';
import { checkInitiator } from './check-initiator.ts';
import { checkKeys } from './check-keys.ts';
import { checkProof } from './check-proof.ts';
import { checkSafaricom } from './check-safaricom.ts';
import { checkSendGrid } from './check-sendgrid.ts';
import { checkSite } from './check-site.ts';
import { checkSize } from './check-size.ts';
import { type Check, type Finding, findings, type Patient } from './finding.ts';

const CHECKS: Record<string, Check> = {
  configuration: checkConfiguration,
  'size of the environment': checkSize,
  keys: checkKeys,
  'callback address': checkCallbackUrl,
  database: checkDatabase,
  Safaricom: checkSafaricom,
  'app for payouts': checkB2cApp,
  certificate: checkCertificate,
  initiator: checkInitiator,
  'proof of payments': checkProof,
  SendGrid: checkSendGrid,
  site: checkSite,
};

/** Makes all checks at once and tells what they found, in a fixed order. A check that breaks is a finding too; it never keeps the others from being made. */
export async function examine(patient: Patient): Promise<Finding[]> {
  const made = Object.entries(CHECKS).map(async ([name, check]) => {
    try {
      return await check(patient);
    } catch (error) {
      const kind = error instanceof Error ? error.name : typeof error;
      return [findings(name).fail(`The check itself broke (${kind}).`, 'Please report it with the name of the check.')];
    }
  });
  return (await Promise.all(made)).flat();
}
