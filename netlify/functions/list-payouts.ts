import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListPayoutsInput, listPayouts } from '#mpesa/payouts/list-payouts.ts';

/** A treasurer reads what was paid out, and what waits to be decided. */
export default endpoint({ auth: 'payouts:request', input: ListPayoutsInput }, listPayouts);

export const config: Config = { path: '/api/payouts', method: 'GET' };
