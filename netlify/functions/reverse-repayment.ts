import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ReverseRepaymentInput, reverseRepayment } from '#sacco/loans/reverse-repayment.ts';

/** A treasurer reverses a repayment that does not belong to its loan. */
export default endpoint({ auth: 'repayments:reverse', input: ReverseRepaymentInput }, reverseRepayment);

export const config: Config = { path: '/api/repayments/:id/reverse', method: ['POST', 'OPTIONS'] };
