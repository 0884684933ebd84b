import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { StopInput, stopPayouts } from '#mpesa/payouts/stop-payouts.ts';

/** A treasurer or administrator stops all payouts, and says why. */
export default endpoint({ auth: 'payouts:stop', input: StopInput }, stopPayouts);

export const config: Config = { path: '/api/payouts/stop', method: ['POST', 'OPTIONS'] };
