import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { Replay } from '../answers.ts';
import { daysBefore, deleteInChunks } from '../db/delete-in-chunks.ts';
import { decrypt, encrypt } from '../db/encryption.ts';
import { refusalOf } from '../db/errors.ts';
import { inOneBatch, instant, instantSql } from '../db/rows.ts';
import type { Db, Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';
import type { Ground } from '../ground.ts';

/** A request that may be repeated: its key, if it has one, the id of what it makes, and the time. */
type Once = { key: IdempotencyKey | undefined; id: string; now: Date };

/** Does the work once per key, in one transaction, and keeps its answer, which a repeated request gets. Throws `key_reused`. */
export const answerOnce = <T extends object>(db: Db, { key, id, now }: Once, work: (tx: Tx) => Promise<T>): Promise<T | Replay> =>
  db
    .transaction(async (tx) => {
      if (key) await tx.execute(claimKeySql(key, { ownerId: id, subjectId: id }, now));
      const answer = await work(tx);
      if (key) await tx.execute(keepAnswerSql(id, key.status, answer));
      return answer;
    })
    .catch(replayOf);

/** The same for statements that can go in one batch: one round trip. */
export const answerOnceInBatch = <T extends object>(db: Db, { key, id, now }: Once, statements: SQL[], answer: T): Promise<T | Replay> => {
  const keep = key
    ? [claimKeySql(key, { ownerId: id, subjectId: id }, now), ...statements, keepAnswerSql(id, key.status, answer)]
    : statements;
  return inOneBatch(db, keep).then(() => answer, replayOf);
};

/** What `refuse('key_used')` says of a key: its kept answer, or the used key while no answer is kept. Throws `key_reused` when the body differs. */
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

/** A caller's Idempotency-Key with its scope, a hash of the request, and the HTTP status of a success. */
export type IdempotencyKey = { scope: string; key: string; fingerprint: string; status: number };

/** A key that was used before, as the database has it. */
export const UsedKey = z.object({
  same: z.boolean(),
  status: z.number().nullable(),
  body: z
    .string()
    .transform((text) => (text.startsWith('{') ? text : decrypt(text, 'body'))) // in clear in older rows
    .nullable(),
  subjectId: z.uuid(),
  createdAt: instant,
});

/** Claims a key for the subject with this id: claim-key.sql has the rule. A used key stops the batch: `refuse('key_used', UsedKey)`. */
const claimKeySql = (key: IdempotencyKey, owner: { ownerId: string; subjectId: string }, now: Date): SQL =>
  sql`select claim_key_2(${key.scope}, ${key.key}, ${key.fingerprint}, ${owner.ownerId}::uuid, ${owner.subjectId}::uuid, ${instantSql(now)})`;

/** Keeps the answer to a key, encrypted, since it repeats the request; the first answer and every replay have the same text. */
export const keepAnswerSql = (ownerId: string, status: number, answer: object): SQL => sql`
  update idempotency_keys set status = ${status}, body = ${encrypt(JSON.stringify(answer), 'body')} where owner_id = ${ownerId}::uuid and status is null`;

/** Deletes Idempotency-Keys after RETAIN_KEYS_DAYS. */
export function purgeKeys(app: Pick<Ground, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const before = daysBefore(app.clock.now(), app.config.retain.keysDays);
  return deleteInChunks(
    app,
    deadline,
    { kind: 'keys', before },
    (most) => sql`
    delete from idempotency_keys where (scope, key) in (
      select scope, key from idempotency_keys where created_at < ${instantSql(before)} order by created_at limit ${most})`,
  );
}
