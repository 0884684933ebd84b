import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { DecideBulkInput, decideBulkPayout } from '#mpesa/payouts/bulk/decide-bulk-payout.ts';

/** A person approves or declines a bulk payout, by the lines that they have read. */
export default endpoint({ auth: 'payouts:approve', input: DecideBulkInput }, decideBulkPayout);

export const config: Config = { path: '/api/bulk-payouts/:id/decision', method: ['POST', 'OPTIONS'] };
