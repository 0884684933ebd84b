import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ReadLoanInput, readLoan } from '#sacco/loans/read-loan.ts';

/** A borrower reads how their loan stands, or a treasurer anybody's. */
export default endpoint({ auth: ['loans:read', 'own:read'], input: ReadLoanInput }, readLoan);

export const config: Config = { path: '/api/loans/:id', method: ['GET', 'OPTIONS'] };
