import type { Config } from '@netlify/functions';
import { ArrearsInput, readArrears } from '#desk/reports/read-arrears.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer reads how late the loans are, and what is at risk. */
export default endpoint({ auth: 'reports:read', input: ArrearsInput, printSheet }, readArrears);

export const config: Config = { path: '/api/reports/arrears', method: ['GET', 'OPTIONS'] };
