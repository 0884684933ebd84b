import type { Config } from '@netlify/functions';
import { matchDeposit } from '#desk/deposits/match-deposit.ts';
import { MatchInput } from '#desk/deposits/match-input.ts';
import { endpoint } from '#http/endpoint.ts';

/** A treasurer says what a deposit with an unclear reference pays. */
export default endpoint({ auth: 'deposits:match', input: MatchInput }, matchDeposit);

export const config: Config = { path: '/api/deposits/:id/match', method: ['POST', 'OPTIONS'] };
