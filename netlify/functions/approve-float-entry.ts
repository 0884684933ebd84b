import type { Config } from '@netlify/functions';
import { approveEntry, DecideEntryInput } from '../../src/float/decide-entry.ts';
import { endpoint } from '../../src/http/endpoint.ts';

/** A second person books a top-up, a sweep or a charge. */
export default endpoint({ auth: 'entries:decide', input: DecideEntryInput }, approveEntry);

export const config: Config = { path: '/api/float-entries/:id/approve', method: ['POST', 'OPTIONS'] };
