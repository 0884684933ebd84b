import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { DisburseInput, disburseLoan } from '#sacco/loans/disburse-loan.ts';

/** A treasurer sends the money of an approved loan to the borrower's phone. */
export default endpoint({ auth: 'loans:disburse', input: DisburseInput }, disburseLoan);

export const config: Config = { path: '/api/loans/:id/disburse', method: ['POST', 'OPTIONS'] };
