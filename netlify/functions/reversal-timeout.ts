import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { settleReversalTimeout } from '#mpesa/payouts/settle-reversal-result.ts';

/** Safaricom tells us that it gave up waiting for a reversal's result. */
export default callback('reversal', settleReversalTimeout, async () => undefined);

export const config: Config = { path: '/api/callbacks/reversal/:token/timeout', method: 'POST' };
