import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListDepositsInput, listDeposits } from '#mpesa/paybill/list-deposits.ts';

/** A treasurer reads which money waits for a person, and what it may be for. */
export default endpoint({ auth: 'deposits:match', input: ListDepositsInput }, listDeposits);

export const config: Config = { path: '/api/deposits', method: ['GET', 'OPTIONS'] };
