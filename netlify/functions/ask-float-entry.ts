import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { AskEntryInput, askEntry } from '#mpesa/float/entries/ask-entry.ts';

/** A treasurer requests that a top-up, a sweep to the bank or a charge is booked. */
export default endpoint({ auth: 'entries:ask', input: AskEntryInput, status: 201 }, askEntry);

export const config: Config = { path: '/api/float-entries', method: ['POST', 'OPTIONS'] };
