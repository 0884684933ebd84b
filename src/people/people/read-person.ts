import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { inOneBatch, rowsOf } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import type { Ground } from '#ground/ground.ts';
import { PERSON, presentPerson } from './present-person.ts';

/** Which person. */
export const ReadPersonInput = z.strictObject({ id: z.uuid() });

/** A member or one of the staff with their whole number and e-mail; that they were read is on the audit trail. Throws `person_not_found`. */
export async function readPerson({ db, clock }: Pick<Ground, 'db' | 'clock'>, { id }: z.output<typeof ReadPersonInput>, call: Call) {
  const now = clock.now();
  const [found] = await inOneBatch(db, [
    sql`select ${PERSON.list} from people p where p.id = ${id}::uuid`,
    recordSql({
      ...{ actor: call.caller.id, action: 'person_read', subject: sql`p.id::text`, requestId: call.requestId, happenedAt: now },
      from: sql`people p where p.id = ${id}::uuid`,
    }),
  ]);
  const [person] = rowsOf(PERSON.row, found?.rows);
  if (!person) throw new AppError('person_not_found', 'There is no such person: GET /api/people lists them.');
  const { phone: phoneNumber, email } = person;
  return { ...presentPerson(person, now), phoneNumber, email };
}
