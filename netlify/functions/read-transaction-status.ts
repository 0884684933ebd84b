import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ReadStatusInput, readTransactionStatus } from '#mpesa/inquiries/read-transaction-status.ts';

/** A treasurer reads what Safaricom answered about a transaction, and what can be done about it. */
export default endpoint({ auth: 'balance:read', input: ReadStatusInput }, readTransactionStatus);

export const config: Config = { path: '/api/transaction-status/:id', method: ['GET', 'OPTIONS'] };
