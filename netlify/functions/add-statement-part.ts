import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { addStatementPart, LARGER_STATEMENT, PartInput } from '#mpesa/reconcile/upload-statement.ts';

/** A treasurer sends a further part of a file. */
export default endpoint(
  { auth: 'statements:upload', input: PartInput, fileBytes: 4_194_304, larger: LARGER_STATEMENT, status: 202 },
  addStatementPart,
);

export const config: Config = { path: '/api/statements/:id/parts/:part', method: ['PUT', 'OPTIONS'] };
