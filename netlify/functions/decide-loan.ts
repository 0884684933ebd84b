import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { DecideLoanInput, decideLoan } from '#sacco/loans/decide-loan.ts';

/** A treasurer approves an application for a loan, or rejects it. */
export default endpoint({ auth: 'loans:decide', input: DecideLoanInput }, decideLoan);

export const config: Config = { path: '/api/loans/:id/decision', method: ['POST', 'OPTIONS'] };
