import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { DecideInput, discardStatement } from '#mpesa/reconcile/sign-statement.ts';

/** A treasurer discards a statement that was not signed off. */
export default endpoint({ auth: 'statements:upload', input: DecideInput }, discardStatement);

export const config: Config = { path: '/api/statements/:id/discard', method: ['POST', 'OPTIONS'] };
