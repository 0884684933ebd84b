import { type SQL, sql } from 'drizzle-orm';
import { encrypt } from '../../../src/db/encryption.ts';

/** A caller's Idempotency-Key with whose it is and a hash of what was asked. */
export type IdempotencyKey = { scope: string; key: string; fingerprint: string };

/** Claims a key for an attempt, as the first statement of a batch. A key that was used before stops the batch: `refuse('key_used', UsedKey)`. */
export const claimKeySql = (key: IdempotencyKey, owner: { attemptId: string; paymentId: string }, now: Date): SQL => sql`
  with claim as (
    insert into idempotency_keys as k (scope, key, fingerprint, owner_id, payment_id, created_at)
    values (${key.scope}, ${key.key}, ${key.fingerprint}, ${owner.attemptId}::uuid, ${owner.paymentId}::uuid, ${now.toISOString()}::timestamptz)
    on conflict (scope, key) do update set scope = k.scope -- returns the winner's committed row, whatever our snapshot saw
    returning k.*
  )
  select case when owner_id = ${owner.attemptId}::uuid then true else refuse('key_used', jsonb_build_object(
    'same', fingerprint = ${key.fingerprint}, 'status', status, 'body', body, 'paymentId', payment_id, 'createdAt', created_at)) end
  from claim`;

/** Keeps the answer a key got, encrypted, since it repeats what was asked; the first answer and every replay are rendered from its text. */
export const storeAnswerSql = (ownerId: string, answer: { status: number; text: string }): SQL => sql`
  update idempotency_keys set status = ${answer.status}, body = ${encrypt(answer.text, 'body')} where owner_id = ${ownerId}::uuid and status is null`;
