import type { Config } from '@netlify/functions';
import { RecentInput, readRecentPayments } from '#desk/reports/read-recent-payments.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads the newest payments. */
export default endpoint({ auth: 'reports:read', input: RecentInput, printSheet }, readRecentPayments);

export const config: Config = { path: '/api/reports/recent', method: ['GET', 'OPTIONS'] };
