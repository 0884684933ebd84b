import type { Config } from '@netlify/functions';
import { readEvidence } from '#desk/reports/read-evidence.ts';
import { DaysInput } from '#desk/reports/report-days.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads what reported the money that came, and what proved it. */
export default endpoint({ auth: 'reports:read', input: DaysInput, printSheet }, readEvidence);

export const config: Config = { path: '/api/reports/evidence', method: ['GET', 'OPTIONS'] };
