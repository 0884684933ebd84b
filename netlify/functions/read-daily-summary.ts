import type { Config } from '@netlify/functions';
import { readDailySummary } from '#desk/reports/read-daily-summary.ts';
import { DaysInput } from '#desk/reports/report-days.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads how each day was, in one line. */
export default endpoint({ auth: 'reports:read', input: DaysInput, printSheet }, readDailySummary);

export const config: Config = { path: '/api/reports/summary', method: ['GET', 'OPTIONS'] };
