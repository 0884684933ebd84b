import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import type { Ground } from '#ground/ground.ts';
import { line } from '#ground/text/line.ts';
import { addDays, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import { createApiKey, type ListedKey, listApiKeys, replaceApiKey, revokeApiKey, type TellStaff } from './api-keys.ts';
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
export const createKey =
  (tellStaff: TellStaff) =>
  async ({ db, clock }: World, { name, scopes: wanted, lastDay }: z.output<typeof CreateKeyInput>, { caller, requestId }: Call) => {
    const now = clock.now();
    if (lastDay && lastDay < nairobiDay(now)) throw new AppError('invalid_input', 'lastDay: this day is over in Nairobi.');
    const scopes = SCOPES.filter((scope) => wanted.includes(scope));
    const expiresAt = lastDay ? nairobiMoment(addDays(lastDay, 1)) : undefined;
    const { id, token } = await createApiKey(
      db,
      { name, scopes, createdBy: caller.id, expiresAt, now },
      { actor: caller.id, requestId },
      tellStaff,
    );
    return { keyId: id, name, scopes, lastDay: lastDay ?? null, key: token };
  };

/** Revokes a key: its next request is refused. Throws `key_not_found`, `key_revoked`. */
export async function revokeKey({ db, clock }: World, { id }: z.output<typeof KeyInput>, { caller, requestId }: Call) {
  const done = await revokeApiKey(db, { id, now: clock.now() }, { actor: caller.id, requestId });
  if (!done) await explainNone(db, id);
  return { keyId: id, state: 'revoked' as const };
}

/**
 * Takes over a key whose maker left: the caller gets a key of their own with its name, scopes and last day, shown in this answer alone, and the old one ends at once,
 * since whoever left may still have it. What the old one requested stays requested by nobody who is here. Throws `key_not_found`, `key_revoked`, and `key_has_maker`
 * where its maker is still here.
 */
export const takeOverKey =
  (tellStaff: TellStaff) =>
  async ({ db, clock }: World, { id }: z.output<typeof KeyInput>, { caller, requestId }: Call) => {
    const taken = await replaceApiKey(db, { id, createdBy: caller.id, now: clock.now() }, { actor: caller.id, requestId }, tellStaff);
    if (!taken) {
      await explainNone(db, id);
      throw new AppError('key_has_maker', 'Whoever made this key is still here and answers for it: make one of your own instead.');
    }
    return { keyId: taken.id, replaces: id, createdBy: caller.id, key: taken.token };
  };

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
