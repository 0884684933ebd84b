import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { SettleLoanInput, settleLoan } from '#sacco/loans/settle-loan.ts';

/** A borrower, or a treasurer for them, asks what settles their loan early, today. */
export default endpoint({ auth: 'own:write', input: SettleLoanInput }, settleLoan);

export const config: Config = { path: '/api/loans/:id/settlement', method: ['POST', 'OPTIONS'] };
