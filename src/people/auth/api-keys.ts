import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import { newId } from '#ground/db/columns.ts';
import { pick } from '#ground/db/pick.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Db, Reader, Tx } from '#ground/db/types.ts';
import { apiKeys } from './auth.schema.ts';
import { hashSecret } from './find-key-holder.ts';
import type { Scope } from './rights.ts';

/** Who changes a key, for the audit trail: a person in a request, or the operator of the command. */
export type By = { actor: string; requestId?: string | undefined };

const OPERATOR: By = { actor: 'operator' };

/**
 * Makes an API key. `createdBy` is the person who makes it (`person:<id>`): what the key requests counts as requested by them. The token is returned here and
 * never again: only a hash of its secret part is stored.
 */
export async function createApiKey(
  db: Db,
  {
    name,
    scopes,
    createdBy,
    expiresAt,
    now,
  }: { name: string; scopes: Scope[]; createdBy?: string | undefined; expiresAt?: Date | undefined; now: Date },
  by: By = OPERATOR,
): Promise<{ id: string; token: string }> {
  const id = newId();
  const secret = randomBytes(32).toString('base64url');
  await db.transaction(async (tx) => {
    await tx.insert(apiKeys).values({
      id,
      name,
      scopes,
      secretHash: hashSecret(secret),
      createdAt: now,
      createdBy: createdBy ?? null,
      expiresAt: expiresAt ?? null,
    });
    const after = { name, scopes, createdBy, expiresAt };
    await record(tx, { ...by, action: 'api_key_created', subject: id, after, happenedAt: now });
  });
  return { id, token: `mlp_${id.replaceAll('-', '')}_${secret}` };
}

const KEY = pick(apiKeys, 'k', [
  ...(['id', 'name', 'scopes', 'createdAt', 'createdBy', 'makerLeftAt', 'expiresAt', 'lastUsedOn', 'revokedAt'] as const),
]);

/** An API key as an operator sees it: everything but its secret, which is not stored. */
export type ListedKey = z.output<typeof KEY.row>;

/** All API keys, revoked ones too, oldest first. */
export const listApiKeys = (db: Reader): Promise<ListedKey[]> =>
  readRows(db, KEY.row, sql`select ${KEY.list} from api_keys k order by k.created_at, k.id`);

/** Ends an API key: the next request with it is refused. False when there is no such key or it was revoked before; safe to repeat. */
export function revokeApiKey(db: Db, { id, now }: { id: string; now: Date }, by: By = OPERATOR): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [revoked] = await readRows(
      tx,
      z.object({ name: z.string() }),
      sql`update api_keys set revoked_at = ${instantSql(now)} where id = ${id}::uuid and revoked_at is null returning name`,
    );
    if (revoked) await record(tx, { ...by, action: 'api_key_revoked', subject: id, before: { name: revoked.name }, happenedAt: now });
    return revoked !== undefined;
  });
}

const Marked = z.object({ id: z.uuid(), name: z.string() });

/**
 * Notes on a person's keys whether they may still answer for what these request: while they are disabled, or staff no longer, a key of theirs counts as made by
 * nobody (personBehindSql). Resolves to the keys in use whose note changed.
 */
export const markMadeBy = (
  tx: Tx,
  personId: string,
  { isStaff, now }: { isStaff: boolean; now: Date },
): Promise<z.output<typeof Marked>[]> =>
  readRows(
    tx,
    Marked,
    sql`
    update api_keys set maker_left_at = ${instantSql(isStaff ? null : now)}
    where created_by = ${`person:${personId}`} and revoked_at is null and (maker_left_at is null) <> ${isStaff}::boolean
    returning id, name`,
  );
