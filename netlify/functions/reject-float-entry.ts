import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { RejectEntryInput, rejectEntry } from '#mpesa/float/entries/decide-entry.ts';

/** A second person rejects a top-up, a sweep or a charge. */
export default endpoint({ auth: 'entries:decide', input: RejectEntryInput }, rejectEntry);

export const config: Config = { path: '/api/float-entries/:id/reject', method: ['POST', 'OPTIONS'] };
