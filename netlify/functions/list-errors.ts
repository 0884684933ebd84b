import type { Config } from '@netlify/functions';
import { ListErrorsInput, listErrors } from '#desk/errors/list-errors.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** An operator reads what failed, and how often. */
export default endpoint({ auth: 'errors:read', input: ListErrorsInput, printSheet }, listErrors);

export const config: Config = { path: '/api/errors', method: ['GET', 'OPTIONS'] };
