import type { Config } from '@netlify/functions';
import { callback } from '#http/callback.ts';
import { settleInquiryTimeout } from '#mpesa/inquiries/settle-inquiry-timeout.ts';

/** Safaricom tells us that it gave up on a question about a transaction. */
export default callback('transaction-status', settleInquiryTimeout('transaction-status'), async () => undefined);

export const config: Config = { path: '/api/callbacks/transaction-status/:token/timeout', method: 'POST' };
