import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { DownloadInput, downloadInvoice } from '#shop/invoices/send-invoice.ts';

/** A customer opens their invoice. */
export default endpoint({ auth: 'public', input: DownloadInput }, downloadInvoice);

export const config: Config = { path: '/api/invoices/:id.pdf', method: ['GET', 'OPTIONS'] };
