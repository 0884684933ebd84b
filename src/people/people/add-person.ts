import { eq } from 'drizzle-orm';
import { record } from '#ground/audit/record.ts';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';
import { type PERSON_ROLES, people } from './people.schema.ts';

/** A person of ours; `phone` is 2547XXXXXXXX. */
export type NewPerson = { phone: string; name: string; email: string | undefined; role: (typeof PERSON_ROLES)[number] };

/** Adds a person, or changes the one with this phone and lets them in again if they were disabled. */
export function addPerson(
  db: Db,
  { phone, name, email, role }: NewPerson,
  { actor, now }: { actor: string; now: Date },
): Promise<{ id: string; added: boolean }> {
  const phoneHash = lookupHash(phone);
  return db.transaction(async (tx) => {
    const id = newId();
    const values = { name, email: email ?? null, role, disabledAt: null };
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
    await record(tx, { actor, action: 'person_changed', subject: known.id, before, after: { role, disabled: false }, happenedAt: now });
    return { id: known.id, added: false };
  });
}
