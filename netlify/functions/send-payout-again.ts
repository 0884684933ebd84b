import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { SendAgainInput, sendPayoutAgain } from '#mpesa/payouts/send-payout-again.ts';

/** A person has sent again, under the same id, what M-PESA knows nothing of. */
export default endpoint({ auth: 'payouts:approve', input: SendAgainInput }, sendPayoutAgain);

export const config: Config = { path: '/api/payouts/:id/send-again', method: ['POST', 'OPTIONS'] };
