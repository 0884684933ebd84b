import { refusalOf } from '../db/errors.ts';
import { AppError } from '../errors.ts';
import { UsedKey } from './claim-key.ts';

/** The stored answer of a key that was used before, out of the error that claiming it raised; any other error is thrown on. For answers kept in the transaction that did the thing. */
export function replayOf(error: unknown): { status: number; text: string; headers: Record<string, string> } {
  const refusal = refusalOf(error);
  if (refusal?.code !== 'key_used') throw error;
  const used = UsedKey.parse(refusal.detail);
  if (!used.same) throw new AppError('key_reused', 'This Idempotency-Key came with another body before: make a new key for a new request.');
  if (used.status === null || used.body === null) throw error;
  return { status: used.status, text: used.body, headers: { 'idempotent-replayed': 'true' } };
}
