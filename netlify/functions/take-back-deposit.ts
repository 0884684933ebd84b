import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { TakeBackInput, takeBackDeposit } from '#mpesa/refunds/take-back-deposit.ts';

/** A treasurer takes back money that a notice told of and Safaricom does not know. */
export default endpoint({ auth: 'deposits:take-back', input: TakeBackInput }, takeBackDeposit);

export const config: Config = { path: '/api/deposits/:id/take-back', method: ['POST', 'OPTIONS'] };
