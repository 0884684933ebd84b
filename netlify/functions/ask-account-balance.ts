import type { Config } from '@netlify/functions';
import * as z from 'zod';
import { endpoint } from '#http/endpoint.ts';
import { requestBalance } from '#mpesa/inquiries/ask-balance.ts';

/** A treasurer asks Safaricom for the paybill's current balances. */
export default endpoint({ auth: 'balance:read', input: z.strictObject({}), status: 202 }, requestBalance);

export const config: Config = { path: '/api/account-balance', method: ['POST', 'OPTIONS'] };
