import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { startPayouts } from '#mpesa/payouts/start-payouts.ts';
import { StopInput } from '#mpesa/payouts/stop-payouts.ts';

/** A treasurer or administrator lets payouts leave again, and says why. */
export default endpoint({ auth: 'payouts:stop', input: StopInput }, startPayouts);

export const config: Config = { path: '/api/payouts/start', method: ['POST', 'OPTIONS'] };
