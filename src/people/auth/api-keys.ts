import { randomBytes } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { record, recordSql } from '#ground/audit/record.ts';
import { newId } from '#ground/db/columns.ts';
import { pick } from '#ground/db/pick.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Db, Reader, Tx } from '#ground/db/types.ts';
import type { StaffEvent } from '#ground/outbox/message.ts';
import { apiKeys } from './auth.schema.ts';
import { hashSecret } from './find-key-holder.ts';
import { type Scope, STARTS_MONEY_OUT } from './rights.ts';

/** Who changes a key, for the audit trail: a person in a request, or the operator of the command. */
export type By = { actor: string; requestId?: string | undefined };

/** A statement that promises other staff a message: those who own the people (people/people/tell-staff.ts) pass it in. */
export type TellStaff = (event: StaffEvent, aboutId: string, more: { by: string; now: Date }) => SQL;

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
  tellStaff?: TellStaff,
): Promise<{ id: string; token: string }> {
  const { id, secretHash, token } = newKey();
  await db.transaction(async (tx) => {
    await tx.insert(apiKeys).values({
      id,
      name,
      scopes,
      secretHash,
      createdAt: now,
      createdBy: createdBy ?? null,
      expiresAt: expiresAt ?? null,
    });
    const after = { name, scopes, createdBy, expiresAt };
    await record(tx, { ...by, action: 'api_key_created', subject: id, after, happenedAt: now });
    if (tellStaff && startsMoneyOut(scopes)) await tx.execute(tellStaff('money_key_made', id, { by: by.actor, now }));
  });
  return { id, token };
}

const startsMoneyOut = (scopes: readonly string[]): boolean => STARTS_MONEY_OUT.some((scope) => scopes.includes(scope));

function newKey(): { id: string; secretHash: string; token: string } {
  const id = newId();
  const secret = randomBytes(32).toString('base64url');
  return { id, secretHash: hashSecret(secret), token: `mlp_${id.replaceAll('-', '')}_${secret}` };
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

/**
 * Replaces a key whose maker left by one of `createdBy` with the same name, scopes and end, and revokes it. Nothing where there is no such key, it was revoked before,
 * or its maker is still here. The old one keeps its note: what it requested is not requested by whoever takes it over.
 */
export async function replaceApiKey(
  db: Db,
  { id: oldId, createdBy, now }: { id: string; createdBy: string; now: Date },
  by: By,
  tellStaff: TellStaff,
): Promise<{ id: string; token: string } | undefined> {
  const { id, secretHash, token } = newKey();
  return db.transaction(async (tx) => {
    const [taken] = await readRows(
      tx,
      z.object({ scopes: z.array(z.string()) }),
      sql`
    with old as (
      update api_keys set revoked_at = ${instantSql(now)}
      where id = ${oldId}::uuid and revoked_at is null and (created_by is null or maker_left_at is not null)
      returning name, scopes, created_by, expires_at
    ), taken as (
      insert into api_keys (id, name, secret_hash, scopes, created_at, created_by, expires_at)
      select ${id}::uuid, name, ${secretHash}, scopes, ${instantSql(now)}, ${createdBy}, expires_at from old returning scopes
    ), audited as (${recordSql({
      ...{ ...by, action: 'api_key_taken_over', subject: sql`${oldId}::text`, happenedAt: now, from: sql`old` },
      ...{ before: sql`to_jsonb(created_by)`, after: sql`jsonb_build_object('createdBy', ${createdBy}::text, 'keyId', ${id}::text)` },
    })})
    select scopes from taken`,
    );
    if (taken && startsMoneyOut(taken.scopes)) await tx.execute(tellStaff('money_key_made', id, { by: createdBy, now }));
    return taken && { id, token };
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
