import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListLoansInput, listLoans } from '#sacco/loans/list-loans.ts';

/** A member lists their own loans, a treasurer all loans. */
export default endpoint({ auth: ['loans:read', 'own:read'], input: ListLoansInput }, listLoans);

export const config: Config = { path: '/api/loans', method: 'GET' };
