import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { PayoutInput } from '#mpesa/payouts/payout-input.ts';
import { requestPayout } from '#mpesa/payouts/request-payout.ts';

/** A treasurer requests a payout. */
export default endpoint({ auth: 'payouts:request', input: PayoutInput, status: 201 }, requestPayout);

export const config: Config = { path: '/api/payouts', method: ['POST', 'OPTIONS'] };
