import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListReceiptsInput, listReceipts } from '#mpesa/paybill/list-receipts.ts';

/** A treasurer or administrator reads which receipts people have recorded. */
export default endpoint({ auth: 'receipts:record', input: ListReceiptsInput }, listReceipts);

export const config: Config = { path: '/api/receipts', method: ['GET'] };
