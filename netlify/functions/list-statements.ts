import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListInput, listStatements } from '#mpesa/reconcile/list-statements.ts';

/** A treasurer reads which statements of M-PESA were imported, and how far each has come. */
export default endpoint({ auth: 'statements:upload', input: ListInput }, listStatements);

export const config: Config = { path: '/api/statements', method: 'GET' };
