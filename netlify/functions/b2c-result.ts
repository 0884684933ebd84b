import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { alarmOnRejection, settleB2cResult } from '#mpesa/payouts/settle-b2c-result.ts';

/** Safaricom tells us how a payout ended. */
export default callback('b2c', settleB2cResult, alarmOnRejection);

export const config: Config = { path: '/api/callbacks/b2c/:token/result', method: 'POST' };
