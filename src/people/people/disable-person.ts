import { and, eq, isNull } from 'drizzle-orm';
import { record } from '#ground/audit/record.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';
import { people } from './people.schema.ts';

/** Shuts a person out: their sessions end at once and no code is sent to them. False when nobody has this phone or they were shut out before; safe to repeat. */
export function disablePerson(db: Db, phone: string, { actor, now }: { actor: string; now: Date }): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [disabled] = await tx
      .update(people)
      .set({ disabledAt: now })
      .where(and(eq(people.phoneHash, lookupHash(phone)), isNull(people.disabledAt)))
      .returning({ id: people.id, role: people.role });
    if (disabled)
      await record(tx, { actor, action: 'person_disabled', subject: disabled.id, before: { role: disabled.role }, happenedAt: now });
    return disabled !== undefined;
  });
}
