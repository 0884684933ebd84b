import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ApproveReceiptInput, approveReceipt } from '#mpesa/paybill/decide-receipt.ts';

/** A second person has seen a recorded receipt, and books it as told. */
export default endpoint({ auth: 'receipts:record', input: ApproveReceiptInput }, approveReceipt);

export const config: Config = { path: '/api/receipts/:id/approve', method: ['POST', 'OPTIONS'] };
