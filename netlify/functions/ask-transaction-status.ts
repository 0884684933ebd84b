import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { AskStatusInput, requestTransactionStatus } from '#mpesa/inquiries/ask-transaction-status.ts';

/** A treasurer asks Safaricom what became of a transaction. */
export default endpoint({ auth: 'balance:read', input: AskStatusInput, status: 202 }, requestTransactionStatus);

export const config: Config = { path: '/api/transaction-status', method: ['POST', 'OPTIONS'] };
