import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { settleDepositStatusTimeout } from '#mpesa/paybill/settle-deposit-status.ts';

/** Safaricom tells us that it gave up looking for a receipt. */
export default callback('deposit-status', settleDepositStatusTimeout, async () => undefined);

export const config: Config = { path: '/api/callbacks/deposit-status/:token/timeout', method: 'POST' };
