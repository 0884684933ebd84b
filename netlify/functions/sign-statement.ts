import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { DecideInput, signStatement } from '#mpesa/reconcile/sign-statement.ts';

/** Somebody other than its uploader signs a statement off: from then on it proves payments. */
export default endpoint({ auth: 'statements:sign', input: DecideInput }, signStatement);

export const config: Config = { path: '/api/statements/:id/sign-off', method: ['POST', 'OPTIONS'] };
