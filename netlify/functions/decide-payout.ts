import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { DecideInput, decidePayout } from '#mpesa/payouts/decide-payout.ts';

/** A person approves or declines a payout; mpesa/payouts/who-may-approve.ts says who may. */
export default endpoint({ auth: 'payouts:approve', input: DecideInput }, decidePayout);

export const config: Config = { path: '/api/payouts/:id/decision', method: ['POST', 'OPTIONS'] };
