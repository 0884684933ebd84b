import { eq, sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { Ground } from '#ground/ground.ts';
import { isUnreachableSql } from '#ground/notify/unreachable.ts';
import { people } from './people.schema.ts';

/**
 * Gives the person with this phone, which the session proves, this name and e-mail, and returns their id. Adds them as a member if there is none; the row is
 * locked either way. `verified` is whether the session proves the phone itself: where codes come by e-mail it does not, and the e-mail on record stays.
 */
export async function keepPerson(
  tx: Tx,
  { phone, name, email }: { phone: string; name: string; email: string | undefined },
  { verified, call, now }: { verified: boolean; call: Call; now: Date },
): Promise<string> {
  const id = newId();
  const proved = { phone, phoneHash: lookupHash(phone), phoneVerifiedAt: verified ? now : null };
  const [person] = await tx
    .insert(people)
    .values({ id, ...proved, name, email: email ?? null, role: 'member', createdAt: now })
    .onConflictDoUpdate({
      target: people.phoneHash,
      set: {
        name,
        email: verified ? sql`coalesce(excluded.email, ${people.email})` : people.email, // where the e-mail is what proves them, only an administrator changes it (change-person.ts)
        ...(verified && email !== undefined && { emailWaitsUntil: null }), // they have said it themselves
        phoneVerifiedAt: sql`coalesce(${people.phoneVerifiedAt}, excluded.phone_verified_at)`,
      },
    })
    .returning({ id: people.id });
  if (!person) throw new Error('A person was written and is not there.');
  const { requestId, caller } = call;
  if (person.id === id)
    await record(tx, { actor: caller.id, action: 'person_added', subject: id, after: { role: 'member' }, requestId, happenedAt: now });
  return person.id;
}

/** Changes a person's e-mail as they say themselves, or deletes it. */
export async function changeEmail(tx: Tx, personId: string, email: string | null): Promise<void> {
  await tx.update(people).set({ email, emailWaitsUntil: null }).where(eq(people.id, personId));
}

/**
 * Whether the codes of a phone come by e-mail, because SMS are off or the phone takes none: then a session does not prove the phone, and must not change that
 * e-mail.
 */
export async function codesComeByMail(
  { config, db }: Pick<Ground, 'config'> & { db: Ground['db'] | Tx },
  phoneHash: string,
): Promise<boolean> {
  if (config.sms.provider === 'none') return true;
  const [row] = await readRows(
    db,
    z.object({ refused: z.boolean() }),
    sql`select ${isUnreachableSql('sms', sql`${phoneHash}`)} as refused`,
  );
  return row?.refused ?? false;
}
