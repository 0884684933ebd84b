import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { DecideWaiverInput, decideWaiver } from '#sacco/loans/decide-waiver.ts';

/** A second person approves or declines the waiver of a penalty. */
export default endpoint({ auth: 'penalties:waive', input: DecideWaiverInput }, decideWaiver);

export const config: Config = { path: '/api/waivers/:id/decision', method: ['POST', 'OPTIONS'] };
