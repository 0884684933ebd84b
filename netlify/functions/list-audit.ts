import type { Config } from '@netlify/functions';
import { ListAuditInput, listAudit } from '#desk/audit/list-audit.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** A treasurer or an administrator reads who did what. */
export default endpoint({ auth: 'audit:read', input: ListAuditInput, printSheet }, listAudit);

export const config: Config = { path: '/api/audit', method: ['GET', 'OPTIONS'] };
