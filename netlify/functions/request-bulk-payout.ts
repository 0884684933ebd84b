import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { RequestBulkInput, requestBulkPayout } from '#mpesa/payouts/bulk/request-bulk-payout.ts';

/** A treasurer sends a file of payments. */
export default endpoint(
  { auth: 'payouts:request', input: RequestBulkInput, fileBytes: 1_048_576, larger: 'Split the file.', status: 201 },
  requestBulkPayout,
);

export const config: Config = { path: '/api/bulk-payouts', method: ['POST', 'OPTIONS'] };
