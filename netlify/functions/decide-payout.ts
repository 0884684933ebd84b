import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { DecideInput, decidePayout } from '#mpesa/payouts/decide-payout.ts';

/** Approves a payout, or declines it: who may, mpesa/payouts/who-may-approve.ts says. */
export default endpoint({ auth: 'payouts:approve', input: DecideInput }, decidePayout);

export const config: Config = { path: '/api/payouts/:id/decision', method: ['POST', 'OPTIONS'] };
