import type { Config } from '@netlify/functions';
import { readRetention } from '#desk/reports/read-retention.ts';
import { DaysInput } from '#desk/reports/report-days.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** An administrator or an auditor reads how long things are kept, and what was deleted because of it. */
export default endpoint({ auth: 'audit:read', input: DaysInput, printSheet }, readRetention);

export const config: Config = { path: '/api/retention', method: ['GET', 'OPTIONS'] };
