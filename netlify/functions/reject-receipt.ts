import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { RejectReceiptInput, rejectReceipt } from '#mpesa/paybill/decide-receipt.ts';

/** A second person does not believe a recorded receipt. */
export default endpoint({ auth: 'receipts:record', input: RejectReceiptInput }, rejectReceipt);

export const config: Config = { path: '/api/receipts/:id/reject', method: ['POST', 'OPTIONS'] };
