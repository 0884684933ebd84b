import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { lookupHash } from '../db/encryption.ts';
import { instantSql, readRows } from '../db/rows.ts';
import type { Db, Reader, Tx } from '../db/types.ts';
import { Refusal } from '../outbox/refusal.ts';
import { openTasksSql } from '../tasks/open-tasks.ts';

type Channel = 'sms' | 'email';

/** The keyed hash of a phone (2547XXXXXXXX) or an e-mail address; for a phone it is the `phone_hash` of people and payments. */
export const addressHash = (channel: Channel, address: string): string => lookupHash(channel === 'email' ? address.toLowerCase() : address);

/** Whether a provider has refused an address for good, as an SQL condition. */
export const isUnreachableSql = (channel: Channel, hash: SQL): SQL =>
  sql`exists (select from unreachable where channel = ${channel} and address_hash = ${hash})`;

/** Whether a provider has refused this address for good. */
export async function isUnreachable(db: Reader, channel: Channel, address: string): Promise<boolean> {
  const [row] = await readRows(
    db,
    z.object({ refused: z.boolean() }),
    sql`select ${isUnreachableSql(channel, sql`${addressHash(channel, address)}`)} as refused`,
  );
  return row?.refused ?? false;
}

/**
 * Marks an address that a provider has refused for good, so that nothing more is sent there. The first time it opens a task about `subject`, if given: the person,
 * or else what the message was about.
 */
export const markUnreachableSql = (
  channel: Channel,
  address: string,
  { reason, subject, now }: { reason: string; subject: string | null; now: Date },
): SQL => sql`
  with marked as (
    insert into unreachable (channel, address_hash, reason, refused_at)
    values (${channel}, ${addressHash(channel, address)}, ${reason}, ${instantSql(now)})
    on conflict (channel, address_hash) do nothing
    returning ${subject}::text as subject
  ), ${openTasksSql({ kind: 'person_unreachable', subject: sql`subject`, openedAt: now, from: sql`marked where subject is not null` })}
  select`;

/** Runs a send to an address; a refusal of the address is marked before it is rethrown. */
export async function markIfRefused(
  db: Db,
  to: { channel: Channel; address: string; subject: string | null; now: Date },
  send: () => Promise<void> | undefined,
): Promise<void> {
  try {
    await send();
  } catch (error) {
    const { channel, address, subject, now } = to;
    if (error instanceof Refusal && error.about === 'address')
      await db.execute(markUnreachableSql(channel, address, { reason: error.message, subject, now }));
    throw error;
  }
}

/** Clears the mark of an address, given by its hash, so that it is tried again; as a statement or a common table expression. */
export const forgetUnreachableSql = (channel: Channel, hash: SQL): SQL =>
  sql`delete from unreachable where channel = ${channel} and address_hash = ${hash}`;

/** The same by the address itself. False where there was no mark. */
export async function forgetUnreachable(db: Db | Tx, channel: Channel, address: string): Promise<boolean> {
  const { rowCount } = await db.execute(forgetUnreachableSql(channel, sql`${addressHash(channel, address)}`));
  return (rowCount ?? 0) > 0;
}
