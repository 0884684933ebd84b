import type { Config } from '@netlify/functions';
import { readSuccessRate } from '#desk/reports/read-success-rate.ts';
import { DaysInput } from '#desk/reports/report-days.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads how many prompts and payments were paid. */
export default endpoint({ auth: 'reports:read', input: DaysInput, printSheet }, readSuccessRate);

export const config: Config = { path: '/api/reports/success-rate', method: ['GET', 'OPTIONS'] };
