import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListEntriesInput, listEntries } from '#mpesa/float/entries/list-entries.ts';

/** A treasurer reads what moved between bank and M-PESA, and what nothing explains. */
export default endpoint({ auth: 'balance:read', input: ListEntriesInput }, listEntries);

export const config: Config = { path: '/api/float-entries', method: 'GET' };
