import type { Config } from '@netlify/functions';
import { readMessages } from '#desk/reports/read-messages.ts';
import { DaysInput } from '#desk/reports/report-days.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads which messages went out, and what they cost. */
export default endpoint({ auth: 'reports:read', input: DaysInput, printSheet }, readMessages);

export const config: Config = { path: '/api/reports/messages', method: ['GET', 'OPTIONS'] };
