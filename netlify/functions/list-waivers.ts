import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListWaiversInput, listWaivers } from '#sacco/loans/list-waivers.ts';

/** A treasurer reads which waivers wait for a decision. */
export default endpoint({ auth: 'loans:read', input: ListWaiversInput }, listWaivers);

export const config: Config = { path: '/api/waivers', method: ['GET', 'OPTIONS'] };
