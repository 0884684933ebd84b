import type { Config } from './config.ts';

/**
 * How told money is proved on this site: by Safaricom's answer about its receipt (`status`, which needs an initiator), by their list of
 * payments (`pull`), and always by a signed statement. With `statement` alone such money counts, but cannot leave until one is signed.
 */
export const waysToProve = ({ initiator, paybill }: Pick<Config, 'initiator' | 'paybill'>): string[] => [
  ...(initiator ? ['status'] : []),
  ...(paybill.pull ? ['pull'] : []),
  'statement',
];
