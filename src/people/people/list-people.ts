import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { lookupHash } from '#ground/db/encryption.ts';
import { listInput, readPage } from '#ground/db/page.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import type { Ground } from '#ground/ground.ts';
import { PhoneNumber } from '#ground/text/phone.ts';
import { PERSON_ROLES } from './people.schema.ts';
import { PERSON, presentPerson } from './present-person.ts';

/** Which people: those of a role, of a state, or the one with a phone number. */
export const ListPeopleInput = listInput(
  {
    role: z.enum(PERSON_ROLES).optional(),
    state: z.enum(['active', 'disabled']).optional(),
    phoneNumber: PhoneNumber.optional(),
    cursor: Cursor.optional(),
  },
  200,
);

/** Members and staff, newest first, in pages: who they are, and of their numbers what a mask leaves. One round trip. */
export async function listPeople({ db, clock }: Pick<Ground, 'db' | 'clock'>, input: z.output<typeof ListPeopleInput>) {
  const { cursor } = input;
  const now = clock.now();
  const all = sql`from people p where ${sql.join(conditions(input), sql` and `)}`;
  const after = cursor ? sql`(p.created_at, p.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)` : sql`true`;
  const { rows, hasMore, totals } = await readPage(db, PERSON.row, input, {
    list: sql`select ${PERSON.list} ${all} and ${after} order by p.created_at desc, p.id desc`,
    all,
  });
  const last = rows.at(-1);
  return { people: rows.map((row) => presentPerson(row, now)), nextCursor: hasMore && last ? printCursor(last) : null, ...totals };
}

function conditions({ role, state, phoneNumber }: z.output<typeof ListPeopleInput>): SQL[] {
  return [
    ...(role ? [sql`p.role = ${role}`] : []),
    ...(state ? [state === 'active' ? sql`p.disabled_at is null` : sql`p.disabled_at is not null`] : []),
    ...(phoneNumber ? [sql`p.phone_hash = ${lookupHash(phoneNumber)}`] : []),
    sql`true`,
  ];
}
