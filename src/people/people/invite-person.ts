import { eq } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { AppError } from '#ground/errors.ts';
import type { Ground } from '#ground/ground.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { line } from '#ground/text/line.ts';
import { PhoneNumber } from '#ground/text/phone.ts';
import { promiseAccessNotice } from './access-notices.ts';
import { PERSON_ROLES, people } from './people.schema.ts';
import { tellStaffSql } from './tell-staff.ts';

/** Whom, as what, and in which language they are told. A member joins by themselves or is added here; members' profiles are theirs. */
export const InvitePersonInput = z.strictObject({
  phoneNumber: PhoneNumber,
  name: line(2, 80),
  role: z.enum(PERSON_ROLES),
  email: z.email().max(254).optional(),
  language: z.enum(LANGUAGES).default('en'),
});

/**
 * Adds a person and tells them where to sign in. Nothing else is needed: whoever proves the phone by a code is that person. Throws
 * `person_known` where somebody has this phone, member or disabled: what they are is then changed, and what they have stays theirs.
 */
export function invitePerson({ db, clock }: Pick<Ground, 'db' | 'clock'>, input: z.output<typeof InvitePersonInput>, call: Call) {
  const now = clock.now();
  const { phoneNumber: phone, name, role, email = null, language } = input;
  const phoneHash = lookupHash(phone);
  return db.transaction(async (tx) => {
    const id = newId();
    const added = await tx
      .insert(people)
      .values({ ...{ id, phone, phoneHash, name, email, role, language }, createdAt: now })
      .onConflictDoNothing({ target: people.phoneHash })
      .returning({ id: people.id });
    if (added.length === 0) {
      const [known] = await tx.select({ id: people.id, role: people.role }).from(people).where(eq(people.phoneHash, phoneHash));
      const does = `POST /api/people/${known?.id}/role changes what they are, and /enable lets them in again`;
      throw new AppError('person_known', `Somebody has this phone already, as ${known?.role}: ${does}.`, { personId: known?.id });
    }
    const { caller, requestId } = call;
    await record(tx, { actor: caller.id, action: 'person_added', subject: id, after: { role }, requestId, happenedAt: now });
    await promiseAccessNotice(tx, 'invited', id, now);
    if (role !== 'member') await tx.execute(tellStaffSql('staff_joined', id, { by: caller.id, now }));
    return { personId: id, role, state: 'active' as const };
  });
}
