import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ShowInput, showStatement } from '#mpesa/reconcile/show-statement.ts';

/** A treasurer reads what comparing a statement of M-PESA with our books found, line by line. */
export default endpoint({ auth: 'statements:upload', input: ShowInput }, showStatement);

export const config: Config = { path: '/api/statements/:id', method: ['GET', 'OPTIONS'] };
