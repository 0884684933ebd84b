import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { LARGER_STATEMENT, UploadInput, uploadStatement } from '#mpesa/reconcile/upload-statement.ts';

/** A treasurer sends an export of the M-PESA portal, or its first part of at most 4 MB. */
export default endpoint(
  { auth: 'statements:upload', input: UploadInput, fileBytes: 4_194_304, larger: LARGER_STATEMENT, status: 202 },
  uploadStatement,
);

export const config: Config = { path: '/api/statements', method: ['POST', 'OPTIONS'] };
