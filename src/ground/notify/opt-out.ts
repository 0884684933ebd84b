import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '../db/rows.ts';
import type { Reader } from '../db/types.ts';
import type { CHANNELS } from '../outbox/message.ts';
import { addressHash } from './unreachable.ts';

type Channel = (typeof CHANNELS)[number];

/** Whether the owner of an address wants no messages about payments. */
export async function hasOptedOut(db: Reader, channel: Channel, address: string): Promise<boolean> {
  const [row] = await readRows(
    db,
    z.object({ out: z.boolean() }),
    sql`select exists (select from opt_outs where channel = ${channel} and address_hash = ${addressHash(channel, address)}) as out`,
  );
  return row?.out ?? false;
}

/** A statement that opts addresses out of such messages, or in again. `hashes` yields their keyed hashes; null is none. */
export const chooseSql = (channel: Channel, hashes: SQL, { stop, now }: { stop: boolean; now: Date }): SQL =>
  stop
    ? sql`insert into opt_outs (channel, address_hash, opted_out_at) select ${channel}, h.hash, ${instantSql(now)} from (${hashes}) as h(hash) where h.hash is not null
        on conflict (channel, address_hash) do nothing`
    : sql`delete from opt_outs where channel = ${channel} and address_hash in (${hashes})`;
