import { sql } from 'drizzle-orm';
import type { Tx } from '#ground/db/types.ts';
import { type Subject, texts } from './holding.ts';

/** Keeps their payments from being prompted for again, their applications from being decided and themselves from being changed until this is done. */
export async function lockPerson(tx: Tx, { personId, memberId, phoneHashes }: Subject): Promise<void> {
  await tx.execute(sql`select id from people where id = ${personId}::uuid for update`);
  await tx.execute(sql`select id from loans where member_id = ${memberId}::uuid order by id for update`);
  await tx.execute(sql`select id from payments where phone_hash = ${texts(phoneHashes)} order by id for update`);
}
