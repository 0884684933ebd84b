import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypt, encrypt } from '../db/encryption.ts';
import { instant, instantSql } from '../db/rows.ts';

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
export const claimKeySql = (key: IdempotencyKey, owner: { ownerId: string; subjectId: string }, now: Date): SQL =>
  sql`select claim_key_2(${key.scope}, ${key.key}, ${key.fingerprint}, ${owner.ownerId}::uuid, ${owner.subjectId}::uuid, ${instantSql(now)})`;

/** Keeps the answer to a key, encrypted, since it repeats the request; the first answer and every replay have the same text. */
export const keepAnswerSql = (ownerId: string, status: number, answer: object): SQL => sql`
  update idempotency_keys set status = ${status}, body = ${encrypt(JSON.stringify(answer), 'body')} where owner_id = ${ownerId}::uuid and status is null`;
