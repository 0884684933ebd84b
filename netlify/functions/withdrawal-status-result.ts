import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { settleWithdrawalStatus } from '#mpesa/payouts/settle-withdrawal-status.ts';

/** Safaricom tells us the status of a payout that we asked about. */
export default callback('withdrawal-status', settleWithdrawalStatus, async () => undefined);

export const config: Config = { path: '/api/callbacks/withdrawal-status/:token/result', method: 'POST' };
