import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';

/** Safaricom tells us that it could not answer a question about a payout: we will ask again. */
export default callback(
  'withdrawal-status',
  async (core, withdrawalId) => core.log.warn('withdrawal_status_timeout', { withdrawalId }),
  async () => undefined,
);

export const config: Config = { path: '/api/callbacks/withdrawal-status/:token/timeout', method: 'POST' };
