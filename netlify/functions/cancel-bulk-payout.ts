import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { CancelBulkInput, cancelBulkPayout } from '#mpesa/payouts/bulk/cancel-bulk-payout.ts';

/** A person cancels what has not left of a bulk payout. */
export default endpoint({ auth: 'payouts:approve', input: CancelBulkInput }, cancelBulkPayout);

export const config: Config = { path: '/api/bulk-payouts/:id/cancel', method: ['POST', 'OPTIONS'] };
