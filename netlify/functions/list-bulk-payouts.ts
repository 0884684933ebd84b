import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListBulkInput, listBulkPayouts } from '#mpesa/payouts/bulk/list-bulk-payouts.ts';

/** A treasurer reads which files of payments were sent. */
export default endpoint({ auth: 'payouts:request', input: ListBulkInput }, listBulkPayouts);

export const config: Config = { path: '/api/bulk-payouts', method: 'GET' };
