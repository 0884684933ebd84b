import * as z from 'zod';
import { retry } from '#ground/retry.ts';
import { classify } from './classify.ts';
import { DarajaError, type DarajaReason } from './errors.ts';
import { readJsonObject } from './read-json-object.ts';
import { sendRequest } from './send-request.ts';
import type { Token } from './token.ts';

const WORTH_A_RETRY: ReadonlySet<DarajaReason> = new Set([
  'timed_out',
  'connection_lost',
  'unreachable',
  'server_error',
  'maintenance',
  'unreadable_answer',
]);
const LONGEST_TRY_MS = 4_000;
const LONGEST_MS = 6_000; // a caller holds the claim on the token meanwhile

const TokenAnswer = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,2048}$/),
  expires_in: z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\d{1,6}$/)
        .transform(Number),
    ])
    .pipe(z.number().int().positive().max(86_400)),
});

export type TokenRequest = {
  baseUrl: string;
  consumerKey: string;
  consumerSecret: string;
  clock: { now(): Date };
  fetch: typeof fetch;
  timeoutMs: number;
};

/** Asks Safaricom for a new token, up to three times within some ten seconds: asking again is harmless. Throws a DarajaError. */
export function fetchToken(request: TokenRequest): Promise<Token> {
  return retry(
    () => askOnce(request),
    { minTimeout: 150, randomize: true, maxRetryTime: LONGEST_MS },
    (error) => error instanceof DarajaError && WORTH_A_RETRY.has(error.reason),
  );
}

async function askOnce({ baseUrl, consumerKey, consumerSecret, clock, fetch, timeoutMs }: TokenRequest): Promise<Token> {
  const askedAt = clock.now().getTime(); // at Safaricom the token's hour starts before the answer reaches us
  const credentials = Buffer.from(`${consumerKey}:${consumerSecret}`).toString('base64');
  const answer = await sendRequest(fetch, {
    method: 'GET',
    url: new URL('/oauth/v1/generate?grant_type=client_credentials', baseUrl),
    headers: { Authorization: `Basic ${credentials}` },
    timeoutMs: Math.min(timeoutMs, LONGEST_TRY_MS),
  });
  const failure = classify(answer.httpStatus, answer.text);
  if (failure) throw new DarajaError(failure);
  const token = TokenAnswer.safeParse(readJsonObject(answer.text));
  if (!token.success) throw new DarajaError({ kind: 'unclear', reason: 'unreadable_answer', httpStatus: answer.httpStatus });
  return { value: token.data.access_token, expiresAt: new Date(askedAt + token.data.expires_in * 1000) };
}
