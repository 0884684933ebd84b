import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { matchDeposit } from '#mpesa/paybill/match-deposit.ts';
import { MatchInput } from '#mpesa/paybill/match-input.ts';

/** A treasurer says which payments a deposit pays whose reference was not clear. */
export default endpoint({ auth: 'deposits:match', input: MatchInput }, matchDeposit);

export const config: Config = { path: '/api/deposits/:id/match', method: ['POST', 'OPTIONS'] };
