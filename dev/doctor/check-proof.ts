import { waysToProve } from '#ground/config/ways-to-prove.ts';
import { type Check, findings } from './finding.ts';
import { readConfiguration } from './read-configuration.ts';

const { ok, warn } = findings('proof of payments');

/** What proves a payment that a customer sends to the paybill or till by themselves, of which nothing but a notice tells. */
export const checkProof: Check = ({ environment }) => {
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
