import { waysToProve } from '#ground/config/ways-to-prove.ts';
import { checkB2cApp } from './check-b2c-app.ts';
import { checkCallbackUrl } from './check-callback-url.ts';
import { checkCertificate } from './check-certificate.ts';
import { checkConfiguration } from './check-configuration.ts';
import { checkDatabase } from './check-database.ts';
import { checkInitiator } from './check-initiator.ts';
import { checkKeys } from './check-keys.ts';
import { checkSafaricom } from './check-safaricom.ts';
import { checkSendGrid } from './check-sendgrid.ts';
import { checkSite } from './check-site.ts';
import { checkSize } from './check-size.ts';
import { type Check, type Finding, findings, type Patient } from './finding.ts';
import { readConfiguration } from './read-configuration.ts';
import { sendTest } from './send-test.ts';

/** How payments that customers send to the paybill or till by themselves are proved: only a notice reports them. */
export const checkProof: Check = ({ environment }) => {
  const { ok, warn } = findings('proof of payments');
  const config = readConfiguration(environment);
  if (!config) return [];
  const ways = waysToProve(config);
  if (ways.length > 1) return [ok(`Payments that customers send by themselves are proved by ${ways.join(', ')}.`)];
  return [
    warn(
      'Proof by statement only: payments that customers send by themselves serve, and their money cannot leave before a statement with them is signed. A task asks for one each Monday.',
      'Set MPESA_PULL=on and run `npm run register-pull`, or set an initiator (MPESA_INITIATOR_NAME, MPESA_INITIATOR_PASSWORD, MPESA_CERTIFICATE).',
    ),
  ];
};

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
  'test SMS and mail': sendTest,
};

/** Runs all checks at once and returns their findings in a fixed order. A check that breaks is a finding too and stops no other check. */
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
