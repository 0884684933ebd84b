import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ShowInput, showStatement } from '#mpesa/reconcile/show-statement.ts';

/** A treasurer reads, line by line, how a statement of M-PESA compares with our books. */
export default endpoint({ auth: 'statements:upload', input: ShowInput }, showStatement);

export const config: Config = { path: '/api/statements/:id', method: ['GET', 'OPTIONS'] };
