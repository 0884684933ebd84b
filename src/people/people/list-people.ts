import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { lookupHash } from '#ground/db/encryption.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { PhoneNumber } from '#ground/text/phone.ts';
import { PERSON_ROLES } from './people.schema.ts';
import { PERSON, presentPerson } from './present-person.ts';

/** Which people: those of a role, of a state, or the one with a phone number. */
export const ListPeopleInput = z.strictObject({
  role: z.enum(PERSON_ROLES).optional(),
  state: z.enum(['active', 'disabled']).optional(),
  phoneNumber: PhoneNumber.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: Cursor.optional(),
});

/** Members and staff, newest first, in keyset pages. */
export async function listPeople({ db }: Pick<Ground, 'db'>, input: z.output<typeof ListPeopleInput>) {
  const rows = await readRows(
    db,
    PERSON.row,
    sql`select ${PERSON.list} from people p where ${sql.join(conditions(input), sql` and `)} order by p.created_at desc, p.id desc limit ${input.limit + 1}`,
  );
  const page = rows.slice(0, input.limit);
  const last = page.at(-1);
  return { people: page.map(presentPerson), nextCursor: rows.length > input.limit && last ? printCursor(last) : null };
}

function conditions({ role, state, phoneNumber, cursor }: z.output<typeof ListPeopleInput>): SQL[] {
  return [
    ...(role ? [sql`p.role = ${role}`] : []),
    ...(state ? [state === 'active' ? sql`p.disabled_at is null` : sql`p.disabled_at is not null`] : []),
    ...(phoneNumber ? [sql`p.phone_hash = ${lookupHash(phoneNumber)}`] : []),
    ...(cursor ? [sql`(p.created_at, p.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)`] : []),
    sql`true`,
  ];
}
