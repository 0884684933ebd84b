import type { Config } from '@netlify/functions';
import { DiscardLetterInput, discardLetter } from '#desk/letters/discard-letter.ts';
import { endpoint } from '#http/endpoint.ts';

/** A treasurer or administrator discards what was given up and is needed no longer, and says why. */
export default endpoint({ auth: 'letters:decide', input: DiscardLetterInput }, discardLetter);

export const config: Config = { path: '/api/dead-letters/:id/discard', method: ['POST', 'OPTIONS'] };
