import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { RecordReceiptInput, recordReceipt } from '#mpesa/paybill/record-receipt.ts';

/** A treasurer or administrator records a receipt that Safaricom never told. */
export default endpoint({ auth: 'receipts:record', input: RecordReceiptInput, status: 201 }, recordReceipt);

export const config: Config = { path: '/api/receipts', method: ['POST', 'OPTIONS'] };
