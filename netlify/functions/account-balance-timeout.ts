import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { settleInquiryTimeout } from '#mpesa/inquiries/settle-inquiry-timeout.ts';

/** Safaricom tells us that it gave up on a question about balances. */
export default callback('account-balance', settleInquiryTimeout('account-balance'), async () => undefined);

export const config: Config = { path: '/api/callbacks/account-balance/:token/timeout', method: 'POST' };
