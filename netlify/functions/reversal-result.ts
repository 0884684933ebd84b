import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { alarmOnRejection } from '#mpesa/payouts/settle-b2c-result.ts';
import { settleReversalResult } from '#mpesa/payouts/settle-reversal-result.ts';

/** Safaricom tells us how a reversal ended. */
export default callback('reversal', settleReversalResult, alarmOnRejection);

export const config: Config = { path: '/api/callbacks/reversal/:token/result', method: 'POST' };
