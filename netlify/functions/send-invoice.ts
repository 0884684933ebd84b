import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ResendInput, requestResend } from '#shop/invoices/request-resend.ts';

/** An operator sends an invoice once more. */
export default endpoint({ auth: 'invoices:send', input: ResendInput, status: 202 }, requestResend);

export const config: Config = { path: '/api/invoices/:id/send', method: ['POST', 'OPTIONS'] };
