import type { Config } from '@netlify/functions';
import { TakeBackInput, takeBackDeposit } from '#desk/deposits/take-back-deposit.ts';
import { endpoint } from '#http/endpoint.ts';

/** A treasurer takes back money that a notice reported and Safaricom does not know. */
export default endpoint({ auth: 'deposits:take-back', input: TakeBackInput }, takeBackDeposit);

export const config: Config = { path: '/api/deposits/:id/take-back', method: ['POST', 'OPTIONS'] };
