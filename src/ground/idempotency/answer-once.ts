import type * as z from 'zod';
import { refusalOf } from '../db/errors.ts';
import { AppError } from '../errors.ts';
import { UsedKey } from './claim-key.ts';

/** The header of a replayed answer. */
export const REPLAYED = { 'idempotent-replayed': 'true' };

/** An answer as it was stored, to the byte. */
type Stored = { status: number; text: string; headers: Record<string, string> };

/**
 * What `refuse('key_used')` says of a key: its stored answer, or the key itself while there is none. Throws `key_reused` when the body
 * differs.
 */
export function answerOfUsedKey(detail: unknown): Stored | z.output<typeof UsedKey> {
  const used = UsedKey.parse(detail);
  if (!used.same)
    throw new AppError('key_reused', 'This Idempotency-Key was used with another body before: send a new key with a new request.');
  return used.status === null || used.body === null ? used : { status: used.status, text: used.body, headers: REPLAYED };
}

/**
 * The stored answer from the error that claiming a used key raised, for answers kept in the transaction of the change. Rethrows any other
 * error.
 */
export function replayOf(error: unknown): Stored {
  const refusal = refusalOf(error);
  const answer = refusal?.code === 'key_used' ? answerOfUsedKey(refusal.detail) : undefined;
  if (answer && 'text' in answer) return answer;
  throw error;
}
