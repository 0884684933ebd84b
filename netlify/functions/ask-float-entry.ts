import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { AskEntryInput, askEntry } from '#mpesa/float/entries/ask-entry.ts';

/** A treasurer asks for a top-up, a sweep to the bank or a charge to be booked. */
export default endpoint({ auth: 'entries:ask', input: AskEntryInput, status: 201 }, askEntry);

export const config: Config = { path: '/api/float-entries', method: ['POST', 'OPTIONS'] };
