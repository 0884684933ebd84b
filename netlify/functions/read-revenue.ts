import type { Config } from '@netlify/functions';
import { readRevenue } from '#desk/reports/read-revenue.ts';
import { DaysInput } from '#desk/reports/report-days.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads what was earned, by day and kind. */
export default endpoint({ auth: 'reports:read', input: DaysInput, printSheet }, readRevenue);

export const config: Config = { path: '/api/reports/revenue', method: ['GET', 'OPTIONS'] };
