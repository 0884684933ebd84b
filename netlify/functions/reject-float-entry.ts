import type { Config } from '@netlify/functions';
import { RejectEntryInput, rejectEntry } from '../../src/float/decide-entry.ts';
import { endpoint } from '../../src/http/endpoint.ts';

/** A second person rejects a top-up, a sweep or a charge. */
export default endpoint({ auth: 'entries:decide', input: RejectEntryInput }, rejectEntry);

export const config: Config = { path: '/api/float-entries/:id/reject', method: ['POST', 'OPTIONS'] };
