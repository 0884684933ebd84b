import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ApplyInput, applyForLoan } from '#sacco/loans/apply-for-loan.ts';

/** A member applies for a loan. */
export default endpoint({ auth: 'own:write', input: ApplyInput, status: 201 }, applyForLoan);

export const config: Config = { path: '/api/loans', method: ['POST', 'OPTIONS'] };
