import type { Config } from '@netlify/functions';
import { ListDepositsInput, listDeposits } from '#desk/deposits/list-deposits.ts';
import { endpoint } from '#http/endpoint.ts';

/** A treasurer reads which money waits for a person, and what it may be for. */
export default endpoint({ auth: 'deposits:match', input: ListDepositsInput }, listDeposits);

export const config: Config = { path: '/api/deposits', method: ['GET', 'OPTIONS'] };
