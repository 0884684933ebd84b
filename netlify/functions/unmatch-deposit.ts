import type { Config } from '@netlify/functions';
import { UnmatchInput, unmatchDeposit } from '#desk/deposits/unmatch-deposit.ts';
import { endpoint } from '#http/endpoint.ts';

/** A second person undoes a match to what somebody owes us back. */
export default endpoint({ auth: 'deposits:match', input: UnmatchInput }, unmatchDeposit);

export const config: Config = { path: '/api/deposits/:id/unmatch', method: ['POST', 'OPTIONS'] };
