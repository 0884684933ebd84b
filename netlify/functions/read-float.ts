import type { Config } from '@netlify/functions';
import { readFloat } from '#desk/reports/read-float.ts';
import { DaysInput } from '#desk/reports/report-days.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads what the float holds, and how long it lasts. */
export default endpoint({ auth: 'reports:read', input: DaysInput, printSheet }, readFloat);

export const config: Config = { path: '/api/reports/float', method: ['GET', 'OPTIONS'] };
