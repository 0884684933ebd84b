import type * as z from 'zod';
import { pick } from '#ground/db/pick.ts';
import { people } from './people.schema.ts';

export const PERSON = pick(people, 'p', [
  ...(['id', 'phone', 'name', 'email', 'role', 'language', 'phoneVerifiedAt', 'createdAt', 'disabledAt'] as const),
]);
export type PersonRow = z.output<typeof PERSON.row>;

/** A member or one of the staff, as an administrator sees them. */
export const presentPerson = ({ id, phone, name, email, role, language, phoneVerifiedAt, createdAt, disabledAt }: PersonRow) => ({
  ...{ personId: id, name, phoneNumber: phone, email, role, language },
  state: disabledAt === null ? ('active' as const) : ('disabled' as const),
  ...{
    addedAt: createdAt.toISOString(),
    phoneVerifiedAt: phoneVerifiedAt?.toISOString() ?? null,
    disabledAt: disabledAt?.toISOString() ?? null,
  },
});
