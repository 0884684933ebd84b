import type { Config } from '@netlify/functions';
import { readTimeToPay } from '#desk/reports/read-time-to-pay.ts';
import { DaysInput } from '#desk/reports/report-days.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads how long customers take to pay. */
export default endpoint({ auth: 'reports:read', input: DaysInput, printSheet }, readTimeToPay);

export const config: Config = { path: '/api/reports/time-to-pay', method: ['GET', 'OPTIONS'] };
