import type { Config } from './config.ts';

/**
 * What proves here a payment that nothing but a notice has told of: Safaricom's answer about its receipt (`status`, which needs an initiator), their list of payments (`pull`),
 * and always a statement that was signed. `statement` alone: until one is signed, such money serves and cannot leave.
 */
export const waysToProve = ({ initiator, paybill }: Pick<Config, 'initiator' | 'paybill'>): string[] => [
  ...(initiator ? ['status'] : []),
  ...(paybill.pull ? ['pull'] : []),
  'statement',
];
