import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import type { Ground } from '#ground/ground.ts';
import { line } from '#ground/text/line.ts';
import { addDays, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import { createApiKey, type ListedKey, listApiKeys, revokeApiKey } from './api-keys.ts';
import { SCOPES } from './rights.ts';

type World = Pick<Ground, 'db' | 'clock'>;

/** What the key is for, what it may do, and the last day in Nairobi on which it works. */
export const CreateKeyInput = z.strictObject({
  name: line(2, 80),
  scopes: z
    .array(z.enum(SCOPES, { error: `A scope is one of ${SCOPES.join(', ')}.` }))
    .min(1)
    .max(SCOPES.length),
  lastDay: z.iso.date('A day, written 2027-11-30.').optional(),
});

/** Which key. */
export const KeyInput = z.strictObject({ id: z.uuid() });

/** All keys, revoked ones too, oldest first: what each may do, who made it, when it was last used. Never the key itself. */
export async function listKeys({ db, clock }: World) {
  const now = clock.now();
  return { keys: (await listApiKeys(db)).map((key) => presentKey(key, now)) };
}

/** Makes a key in the caller's name. The key is in this answer and never shown again. Throws `invalid_input` for a day that is over. */
export async function createKey(
  { db, clock }: World,
  { name, scopes: wanted, lastDay }: z.output<typeof CreateKeyInput>,
  { caller, requestId }: Call,
) {
  const now = clock.now();
  if (lastDay && lastDay < nairobiDay(now)) throw new AppError('invalid_input', 'lastDay: this day is over in Nairobi.');
  const scopes = SCOPES.filter((scope) => wanted.includes(scope));
  const expiresAt = lastDay ? nairobiMoment(addDays(lastDay, 1)) : undefined;
  const { id, token } = await createApiKey(db, { name, scopes, createdBy: caller.id, expiresAt, now }, { actor: caller.id, requestId });
  return { keyId: id, name, scopes, lastDay: lastDay ?? null, key: token };
}

/** Revokes a key: its next request is refused. Throws `key_not_found`, `key_revoked`. */
export async function revokeKey({ db, clock }: World, { id }: z.output<typeof KeyInput>, { caller, requestId }: Call) {
  const done = await revokeApiKey(db, { id, now: clock.now() }, { actor: caller.id, requestId });
  if (!done) await explainNone(db, id);
  return { keyId: id, state: 'revoked' as const };
}

/**
 * Takes over a key whose maker left: from now on it counts as made by the caller, who is then not the second person for what it requests. Throws
 * `key_not_found`, `key_revoked`, and `key_has_maker` where its maker is still here.
 */
export async function takeOverKey({ db, clock }: World, { id }: z.output<typeof KeyInput>, { caller, requestId }: Call) {
  const [taken] = await readRows(
    db,
    z.object({ id: z.uuid() }),
    sql`
    with key as materialized (select k.id, k.created_by from api_keys k where k.id = ${id}::uuid for update
    ), taken as (
      update api_keys k set created_by = ${caller.id}, maker_left_at = null from key
      where k.id = key.id and k.revoked_at is null and (k.created_by is null or k.maker_left_at is not null)
      returning k.id, key.created_by as earlier
    ), audited as (${recordSql({
      ...{ actor: caller.id, action: 'api_key_taken_over', subject: sql`id::text`, requestId, happenedAt: clock.now(), from: sql`taken` },
      ...{ before: sql`to_jsonb(earlier)`, after: sql`to_jsonb(${caller.id}::text)` },
    })})
    select id from taken`,
  );
  if (!taken) {
    await explainNone(db, id);
    throw new AppError('key_has_maker', 'Whoever made this key is still here and answers for it: make one of your own instead.');
  }
  return { keyId: id, createdBy: caller.id };
}

async function explainNone(db: World['db'], id: string): Promise<void> {
  const [key] = await readRows(
    db,
    z.object({ revoked: z.boolean() }),
    sql`select revoked_at is not null as revoked from api_keys where id = ${id}::uuid`,
  );
  if (!key) throw new AppError('key_not_found', 'There is no such key: GET /api/keys lists them.');
  if (key.revoked) throw new AppError('key_revoked', 'This key was revoked before.');
}

function presentKey({ id, name, scopes, createdAt, createdBy, makerLeftAt, expiresAt, lastUsedOn, revokedAt }: ListedKey, now: Date) {
  const expired = expiresAt !== null && expiresAt <= now;
  return {
    ...{ keyId: id, name, scopes, createdAt: createdAt.toISOString() },
    state: revokedAt ? ('revoked' as const) : expired ? ('expired' as const) : ('active' as const),
    /** Null where nobody answers for what it requests: it was made before makers were recorded, or its maker left. */
    ...{ createdBy, answeredFor: createdBy !== null && makerLeftAt === null },
    ...{
      lastDay: expiresAt ? nairobiDay(new Date(expiresAt.getTime() - 1)) : null,
      lastUsedOn,
      revokedAt: revokedAt?.toISOString() ?? null,
    },
  };
}
