import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { record } from '#ground/audit/record.ts';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';
import { forgetTimes } from '#ground/limits/count-sliding.ts';
import { forgetUnreachable } from '#ground/notify/unreachable.ts';
import { markMadeBy } from '../auth/api-keys.ts';
import { endSessionsSql } from '../auth/sessions.ts';
import { tellEmailChanged } from './access-notices.ts';
import { type PERSON_ROLES, people } from './people.schema.ts';
import { tellStaffSql } from './tell-staff.ts';

/** A member or one of the staff; `phone` is 2547XXXXXXXX. */
export type NewPerson = { phone: string; name: string; email: string | undefined; role: (typeof PERSON_ROLES)[number] };

/**
 * Adds a person, or changes the one with this phone and lets them in again if they were disabled; an e-mail that is not given stays. Whoever holds the database does this, and an e-mail that
 * they set takes codes at once (docs/decisions/0043): the person and the other staff are told, as where an administrator does it.
 */
export function addPerson(
  db: Db,
  { phone, name, email, role }: NewPerson,
  { actor, now }: { actor: string; now: Date },
): Promise<{ id: string; added: boolean }> {
  const phoneHash = lookupHash(phone);
  return db.transaction(async (tx) => {
    const id = newId();
    const values = { name, emailWaitsUntil: null, role, disabledAt: null, ...(email !== undefined && { email }) };
    const [inserted] = await tx
      .insert(people)
      .values({ ...values, id, phone, phoneHash, createdAt: now })
      .onConflictDoNothing({ target: people.phoneHash })
      .returning({ id: people.id });
    if (inserted) {
      await record(tx, { actor, action: 'person_added', subject: id, after: { role }, happenedAt: now });
      return { id, added: true };
    }
    const [known] = await tx.select().from(people).where(eq(people.phoneHash, phoneHash)).for('update');
    if (!known) throw new Error('A person went away while being changed: people are never removed.');
    await tx.update(people).set(values).where(eq(people.id, known.id));
    const before = { role: known.role, disabled: known.disabledAt !== null };
    await markMadeBy(tx, known.id, { isStaff: role !== 'member', now });
    await record(tx, { actor, action: 'person_changed', subject: known.id, before, after: { role, disabled: false }, happenedAt: now });
    if (role !== 'member' && (role !== known.role || before.disabled))
      await tx.execute(tellStaffSql('staff_joined', known.id, { by: actor, now }));
    if (email !== undefined && email !== known.email) await tellEmailChanged(tx, known, email, { by: actor, now });
    return { id: known.id, added: false };
  });
}

/** A member or one of the staff, as an administrator sees them. */
export type ListedPerson = typeof people.$inferSelect;

/** All people, disabled ones too, oldest first: for the command. */
export const listAllPeople = (db: Db): Promise<ListedPerson[]> => db.select().from(people).orderBy(asc(people.createdAt), asc(people.id));

/** Shuts a person out: their sessions end for good, also if they are let in again, and no code is sent to them. False when nobody has this phone or they were shut out before; safe to repeat. */
export function disablePerson(db: Db, phone: string, { actor, now }: { actor: string; now: Date }): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [disabled] = await tx
      .update(people)
      .set({ disabledAt: now })
      .where(and(eq(people.phoneHash, lookupHash(phone)), isNull(people.disabledAt)))
      .returning({ id: people.id, role: people.role });
    if (disabled) {
      await tx.execute(endSessionsSql(lookupHash(phone), sql`true`, now));
      await markMadeBy(tx, disabled.id, { isStaff: false, now });
      await record(tx, { actor, action: 'person_disabled', subject: disabled.id, before: { role: disabled.role }, happenedAt: now });
    }
    return disabled !== undefined;
  });
}

/**
 * Clears the counts of a phone's prompts and codes, and the marks that a provider refused it or its owner's e-mail, so that all may be used again at once.
 * False when there was nothing to clear; safe to repeat.
 */
export function unlockPhone(
  db: Db,
  phone: string,
  { actor, requestId, now }: { actor: string; requestId?: string; now: Date },
): Promise<boolean> {
  const phoneHash = lookupHash(phone);
  return db.transaction(async (tx) => {
    const forgotten = await forgetTimes(tx, { keys: [phoneHash, `elsewhere:${phoneHash}`], prefix: `code:${phoneHash}` });
    const [person] = await tx.select({ email: people.email }).from(people).where(eq(people.phoneHash, phoneHash));
    const reached = await forgetUnreachable(tx, 'sms', phone);
    const mailed = person?.email ? await forgetUnreachable(tx, 'email', person.email) : false;
    if (!forgotten && !reached && !mailed) return false;
    await record(tx, { actor, action: 'phone_unlocked', subject: `phone:${phoneHash}`, requestId, happenedAt: now });
    return true;
  });
}
