import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { RegisterUrlsInput, registerUrls } from '#mpesa/paybill/register-urls.ts';

/** An administrator registers our addresses with Safaricom, so that it notifies us of paybill payments. */
export default endpoint({ auth: 'mpesa:register', input: RegisterUrlsInput }, registerUrls);

export const config: Config = { path: '/api/paybill/register-urls', method: ['POST', 'OPTIONS'] };
