import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { DecideInput, signStatement } from '#mpesa/reconcile/sign-statement.ts';

/** Another person than who uploaded a statement signs it off: from then on it proves. */
export default endpoint({ auth: 'statements:sign', input: DecideInput }, signStatement);

export const config: Config = { path: '/api/statements/:id/sign-off', method: ['POST', 'OPTIONS'] };
