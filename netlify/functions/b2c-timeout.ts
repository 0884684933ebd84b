import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { settleB2cTimeout } from '#mpesa/payouts/settle-b2c-result.ts';

/** Safaricom tells us that it gave up waiting for a payout's result. */
export default callback('b2c', settleB2cTimeout, async () => undefined);

export const config: Config = { path: '/api/callbacks/b2c/:token/timeout', method: 'POST' };
