import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { nairobiDay } from '../time/nairobi.ts';
import type { REMOVED_KINDS } from './removals.schema.ts';
import { instantSql, rowOf } from './rows.ts';
import type { Db } from './types.ts';

const BATCH = 1_000;

/** What is deleted, and what it is older than: the record of retention says both. */
export type Removal = { kind: (typeof REMOVED_KINDS)[number]; before: Date };

/** A delete of so many rows at most, and the common table expressions that it needs before it, if any. */
type Chunk = SQL | { before: SQL; deletes: SQL };

/**
 * Deletes some rows at a time until fewer are found or `deadline` has come, so that nobody waits for a long statement, and notes how many in the record of what retention
 * removed, by the same statement. Returns how many it deleted.
 */
export async function deleteInChunks(
  { db, clock }: { db: Db; clock: { now(): Date } },
  deadline: Date,
  removal: Removal,
  statement: (most: number) => Chunk,
  most = BATCH,
): Promise<number> {
  let gone = 0;
  while (clock.now() < deadline) {
    const { rows } = await db.execute(notedSql(statement(most), removal, clock.now()));
    const { n } = rowOf(Gone, rows);
    gone += n;
    if (n < most) break;
  }
  return gone;
}

const Gone = z.object({ n: z.number() });

const notedSql = (chunk: Chunk, { kind, before }: Removal, now: Date): SQL => {
  const [first, deletes] = 'deletes' in chunk ? [sql`${chunk.before}, `, chunk.deletes] : [sql``, chunk];
  return sql`
    with ${first}gone as (${deletes} returning 1), counted as (select count(*)::int as n from gone), noted as (
      insert into retention_removals as r (day, kind, removed, older_than, last_at)
      select ${nairobiDay(now)}::date, ${kind}, n, ${instantSql(before)}, ${instantSql(now)} from counted where n > 0
      on conflict (day, kind) do update set removed = r.removed + excluded.removed, older_than = excluded.older_than, last_at = excluded.last_at
    )
    select n from counted`;
};

/** The moment so many days before now: what is older goes. */
export const daysBefore = (now: Date, days: number): Date => new Date(now.getTime() - days * 86_400_000);
