import type { Config } from '@netlify/functions';
import { endpoint } from '../../src/http/endpoint.ts';
import { ResendInput, requestResend } from '../../src/invoices/request-resend.ts';

/** An operator sends an invoice once more. */
export default endpoint({ auth: 'invoices:send', input: ResendInput }, requestResend);

export const config: Config = { path: '/api/invoices/:id/send', method: ['POST', 'OPTIONS'] };
