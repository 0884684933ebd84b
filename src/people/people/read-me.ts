import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { decrypted, readRows } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';

const Named = z.object({ name: decrypted('name') });

/** Who is signed in, as what, with which rights and until when; a customer has no name here. */
export async function readMe({ db }: Pick<Ground, 'db'>, _input: unknown, { caller: { person, scopes } }: Call) {
  if (!person) throw new Error('Only a signed-in person holds the right to read who they are.');
  const [named] = await readRows(db, Named, sql`select name from people where phone_hash = ${person.phoneHash}`);
  const { role, maskedPhone, sessionEndsAt } = person;
  return { role, name: named?.name ?? null, maskedPhone, rights: scopes, endsAt: sessionEndsAt.toISOString() };
}
