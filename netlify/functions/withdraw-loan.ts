import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { WithdrawLoanInput, withdrawLoan } from '#sacco/loans/withdraw-loan.ts';

/** A borrower withdraws their application. */
export default endpoint({ auth: 'own:write', input: WithdrawLoanInput }, withdrawLoan);

export const config: Config = { path: '/api/loans/:id/withdraw', method: ['POST', 'OPTIONS'] };
