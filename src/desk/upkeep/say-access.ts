import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { decryptedIfCan, inOneBatch, rowsOf } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';

const Staff = z.object({ id: z.uuid(), name: decryptedIfCan('name'), role: z.string() });
const Keys = z.object({ id: z.uuid(), name: z.string() });

/** What a person has to know of who may do what in a copy of an earlier state: the staff who may sign in, also those who were disabled since; and the keys that it has revoked. */
export async function sayAccess(db: Db): Promise<string> {
  const [staff, keys] = await inOneBatch(db, [
    sql`select p.id, p.name, p.role from people p where p.role <> 'member' and p.disabled_at is null order by p.role, p.created_at, p.id`,
    sql`select k.id, k.name from api_keys k where k.revoked_at >= (select max(detached_at) from detachments) order by k.created_at, k.id`,
  ]);
  const people = rowsOf(Staff, staff?.rows).map(({ id, name, role }) => `  ${id}  ${role}  ${name ?? '(their name is under another key)'}`);
  const revoked = rowsOf(Keys, keys?.rows).map(({ id, name }) => `  ${id}  ${name}`);
  return [
    'All sessions have ended: everybody signs in anew.',
    people.length > 0
      ? `LOOK AT THIS: these people may sign in as staff here, also whoever was disabled or made less since. Disable those first (\`npm run admin -- disable --phone ...\` with this database as DATABASE_URL):\n${people.join('\n')}`
      : 'Nobody may sign in as staff.',
    revoked.length > 0
      ? `All API keys are revoked. Name those that are to work again when you claim the copy (--key ID):\n${revoked.join('\n')}`
      : 'No API key was in use.',
  ].join('\n');
}
