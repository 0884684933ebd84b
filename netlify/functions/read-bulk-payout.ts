import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';
import { ReadBulkInput, readBulkPayout } from '#mpesa/payouts/bulk/read-bulk-payout.ts';

/** A treasurer reads a bulk payout before it is approved, and how it goes on. */
export default endpoint({ auth: 'payouts:request', input: ReadBulkInput, printSheet }, readBulkPayout);

export const config: Config = { path: '/api/bulk-payouts/:id', method: ['GET', 'OPTIONS'] };
