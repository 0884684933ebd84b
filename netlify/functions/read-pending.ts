import type { Config } from '@netlify/functions';
import { PendingInput, readPending } from '#desk/reports/read-pending.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads which payments wait for their end, and how long. */
export default endpoint({ auth: 'reports:read', input: PendingInput, printSheet }, readPending);

export const config: Config = { path: '/api/reports/pending', method: ['GET', 'OPTIONS'] };
