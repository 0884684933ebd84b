import type { Config } from '@netlify/functions';
import { readFailures } from '#desk/reports/read-failures.ts';
import { DaysInput } from '#desk/reports/report-days.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads why prompts failed. */
export default endpoint({ auth: 'reports:read', input: DaysInput, printSheet }, readFailures);

export const config: Config = { path: '/api/reports/failures', method: ['GET', 'OPTIONS'] };
