import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { RequestWaiverInput, requestWaiver } from '#sacco/loans/request-waiver.ts';

/** A treasurer requests that a penalty is waived. */
export default endpoint({ auth: 'penalties:waive', input: RequestWaiverInput, status: 201 }, requestWaiver);

export const config: Config = { path: '/api/loans/:id/waivers', method: ['POST', 'OPTIONS'] };
