import type { Config } from '@netlify/functions';
import { ListLettersInput, listLetters } from '#desk/letters/list-letters.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** An operator reads what was given up: messages, paybill notices, money that could not be allocated. */
export default endpoint({ auth: 'letters:read', input: ListLettersInput, printSheet }, listLetters);

export const config: Config = { path: '/api/dead-letters', method: ['GET', 'OPTIONS'] };
