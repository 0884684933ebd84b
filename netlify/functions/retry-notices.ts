import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { RetryNoticesInput, retryNotices } from '#mpesa/paybill/retry-notices.ts';

/** A treasurer has unreadable notices read again, after the cause was mended. */
export default endpoint({ auth: 'deposits:match', input: RetryNoticesInput }, retryNotices);

export const config: Config = { path: '/api/paybill/retry-notices', method: ['POST', 'OPTIONS'] };
