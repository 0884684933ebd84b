import type * as z from 'zod';
import { pick } from '#ground/db/pick.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { people } from './people.schema.ts';

export const PERSON = pick(people, 'p', [
  ...(['id', 'phone', 'name', 'email', 'emailWaitsUntil', 'role', 'language', 'phoneVerifiedAt', 'createdAt', 'disabledAt'] as const),
]);
export type PersonRow = z.output<typeof PERSON.row>;

/** A member or one of the staff, as a list shows them: whole numbers and addresses are read one by one (read-person.ts). */
export const presentPerson = (
  { id, phone, name, role, language, phoneVerifiedAt, createdAt, disabledAt, emailWaitsUntil }: PersonRow,
  now: Date,
) => ({
  ...{ personId: id, name, maskedPhone: maskPhone(phone), role, language },
  state: disabledAt === null ? ('active' as const) : ('disabled' as const),
  ...{
    addedAt: createdAt.toISOString(),
    phoneVerifiedAt: phoneVerifiedAt?.toISOString() ?? null,
    disabledAt: disabledAt?.toISOString() ?? null,
    emailWaitsUntil: stillWaits(emailWaitsUntil, now),
  },
});

/** Until when no sign-in code goes to an e-mail; null once it may. */
export const stillWaits = (until: Date | null, now: Date): string | null => (until !== null && until > now ? until.toISOString() : null);
