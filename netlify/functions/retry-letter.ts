import type { Config } from '@netlify/functions';
import { RetryLetterInput, retryLetter } from '#desk/letters/retry-letter.ts';
import { endpoint } from '#http/endpoint.ts';

/** A treasurer or administrator retries what was given up, after they have corrected the cause. */
export default endpoint(
  { auth: 'letters:decide', input: RetryLetterInput, status: ({ state }) => (state === 'queued' ? 202 : 200) },
  retryLetter,
);

export const config: Config = { path: '/api/dead-letters/:id/retry', method: ['POST', 'OPTIONS'] };
