import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { SettleLoanInput, settleLoan } from '#sacco/loans/settle-loan.ts';

/** A borrower asks what closes their loan today, or a treasurer does for them. */
export default endpoint({ auth: 'own:write', input: SettleLoanInput }, settleLoan);

export const config: Config = { path: '/api/loans/:id/settlement', method: ['POST', 'OPTIONS'] };
