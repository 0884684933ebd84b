import type { Config } from '@netlify/functions';
import { ListEntriesInput, listEntries } from '../../src/float/list-entries.ts';
import { endpoint } from '../../src/http/endpoint.ts';

/** A treasurer reads what moved between bank and M-PESA, and what nothing explains. */
export default endpoint({ auth: 'balance:read', input: ListEntriesInput }, listEntries);

export const config: Config = { path: '/api/float-entries', method: 'GET' };
