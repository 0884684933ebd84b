import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { RefundInput } from '#mpesa/refunds/refund-input.ts';
import { requestRefund } from '#mpesa/refunds/request-refund.ts';

/** A treasurer requests a refund: by reversal, or by B2C. */
export default endpoint({ auth: 'reversals:request', input: RefundInput, status: 201 }, requestRefund);

export const config: Config = { path: '/api/refunds', method: ['POST', 'OPTIONS'] };
