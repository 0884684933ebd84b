import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ReadBalancesInput, readBalances } from '#mpesa/inquiries/read-balances.ts';

/** A treasurer reads the paybill's last known balances and their history. */
export default endpoint({ auth: 'balance:read', input: ReadBalancesInput }, readBalances);

export const config: Config = { path: '/api/account-balance', method: 'GET' };
