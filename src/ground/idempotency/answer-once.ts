import type { SQL } from 'drizzle-orm';
import type * as z from 'zod';
import { Replay } from '../answers.ts';
import { refusalOf } from '../db/errors.ts';
import { inOneBatch } from '../db/in-one-batch.ts';
import type { Db, Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';
import { claimKeySql, type IdempotencyKey, keepAnswerSql, UsedKey } from './claim-key.ts';

/** A request that may be repeated: its key, if it has one, what it makes, by its id, and when. */
type Once = { key: IdempotencyKey | undefined; id: string; now: Date };

/** Works once per key, in one transaction, and keeps what it answers; a repeated request gets that. Throws `key_reused`. */
export const answerOnce = <T extends object>(db: Db, { key, id, now }: Once, work: (tx: Tx) => Promise<T>): Promise<T | Replay> =>
  db
    .transaction(async (tx) => {
      if (key) await tx.execute(claimKeySql(key, { ownerId: id, subjectId: id }, now));
      const answer = await work(tx);
      if (key) await tx.execute(keepAnswerSql(id, key.status, answer));
      return answer;
    })
    .catch(replayOf);

/** The same for statements that need no transaction's steps between them: one round trip. */
export const answerOnceInBatch = <T extends object>(db: Db, { key, id, now }: Once, statements: SQL[], answer: T): Promise<T | Replay> => {
  const keep = key
    ? [claimKeySql(key, { ownerId: id, subjectId: id }, now), ...statements, keepAnswerSql(id, key.status, answer)]
    : statements;
  return inOneBatch(db, keep).then(() => answer, replayOf);
};

/**
 * What `refuse('key_used')` says of a key: its kept answer, or the key itself while there is none. Throws `key_reused` when the body
 * differs.
 */
export function answerOfUsedKey(detail: unknown): Replay | z.output<typeof UsedKey> {
  const used = UsedKey.parse(detail);
  if (!used.same)
    throw new AppError('key_reused', 'This Idempotency-Key was used with another body before: send a new key with a new request.');
  return used.status === null || used.body === null ? used : new Replay(used.status, used.body);
}

/** The kept answer from the error that claiming a used key raised. Rethrows any other error. */
function replayOf(error: unknown): Replay {
  const refusal = refusalOf(error);
  const answer = refusal?.code === 'key_used' ? answerOfUsedKey(refusal.detail) : undefined;
  if (answer instanceof Replay) return answer;
  throw error;
}
