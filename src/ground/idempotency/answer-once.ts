import type * as z from 'zod';
import { refusalOf } from '../db/errors.ts';
import { AppError } from '../errors.ts';
import { UsedKey } from './claim-key.ts';

/** Tells a caller that an answer was given before. */
export const REPLAYED = { 'idempotent-replayed': 'true' };

/** An answer as it was stored, to the byte. */
type Stored = { status: number; text: string; headers: Record<string, string> };

/** What `refuse('key_used')` told of a key: its stored answer, or the key itself while there is none. Throws `key_reused` when it came with another body. */
export function answerOfUsedKey(detail: unknown): Stored | z.output<typeof UsedKey> {
  const used = UsedKey.parse(detail);
  if (!used.same) throw new AppError('key_reused', 'This Idempotency-Key came with another body before: make a new key for a new request.');
  return used.status === null || used.body === null ? used : { status: used.status, text: used.body, headers: REPLAYED };
}

/** The stored answer of a used key, out of the error that claiming it raised, for answers kept in the transaction that did the thing. Any other error is thrown on. */
export function replayOf(error: unknown): Stored {
  const refusal = refusalOf(error);
  const answer = refusal?.code === 'key_used' ? answerOfUsedKey(refusal.detail) : undefined;
  if (answer && 'text' in answer) return answer;
  throw error;
}
