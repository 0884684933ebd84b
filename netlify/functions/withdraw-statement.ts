import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { WithdrawInput, withdrawStatement } from '#mpesa/reconcile/withdraw-statement.ts';

/** Somebody other than who signed a statement withdraws it: it should not have been signed. */
export default endpoint({ auth: 'statements:sign', input: WithdrawInput }, withdrawStatement);

export const config: Config = { path: '/api/statements/:id/withdraw', method: ['POST', 'OPTIONS'] };
