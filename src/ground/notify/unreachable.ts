import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { lookupHash } from '../db/encryption.ts';
import { readRows } from '../db/rows.ts';
import type { Db, Reader, Tx } from '../db/types.ts';
import { Refusal } from '../outbox/refusal.ts';
import { openReviewSql } from '../tasks/open-review.ts';

type Channel = 'sms' | 'email';

/** What a phone (2547XXXXXXXX) or an e-mail address is known by here; for a phone it is the `phone_hash` of people and payments. */
const addressHash = (channel: Channel, address: string): string => lookupHash(channel === 'email' ? address.toLowerCase() : address);

/** True where a provider has refused an address for good. */
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
 * Marks an address that a provider has refused for good, so that nothing more is tried there. The first time it opens one task about `subject` (a person, or whoever
 * can only be named by what was to be sent), if there is one.
 */
export const markUnreachableSql = (
  channel: Channel,
  address: string,
  { reason, subject, now }: { reason: string; subject: string | null; now: Date },
): SQL => sql`
  with marked as (
    insert into unreachable (channel, address_hash, reason, refused_at)
    values (${channel}, ${addressHash(channel, address)}, ${reason}, ${now.toISOString()}::timestamptz)
    on conflict (channel, address_hash) do nothing
    returning ${subject}::text as subject
  ), ${openReviewSql({ kind: sql`'person_unreachable'`, subject: sql`subject`, openedAt: now, from: sql`marked where subject is not null` })}
  select`;

/** Runs what sends to an address; a refusal of the address is marked before it is thrown on. */
export async function markIfRefused(
  db: Db,
  to: { channel: Channel; address: string; subject: string; now: Date },
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

/** Forgets that an address was refused, so that it is tried again. */
export async function forgetUnreachable(db: Db | Tx, channel: Channel, address: string): Promise<boolean> {
  const { rowCount } = await db.execute(
    sql`delete from unreachable where channel = ${channel} and address_hash = ${addressHash(channel, address)}`,
  );
  return (rowCount ?? 0) > 0;
}
