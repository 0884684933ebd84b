import type { Config } from '@netlify/functions';
import * as z from 'zod';
import { readBalances } from '#desk/reports/read-balances.ts';
import { endpoint } from '#http/endpoint.ts';

/** An operator reads what the books have on each account, and of each short code told and proved. */
export default endpoint({ auth: 'reports:read', input: z.strictObject({}) }, readBalances);

export const config: Config = { path: '/api/reports/balances', method: ['GET', 'OPTIONS'] };
