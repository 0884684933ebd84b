import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instant, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import type { PulledTransaction } from '../daraja/parse-pull.ts';

/** The clock of a list's times, whatever time zone they are marked with. */
export const LIST_CLOCKS = ['nairobi', 'utc'] as const;
export type ListClock = (typeof LIST_CLOCKS)[number];

const NEAR_MS = 60 * 60_000;

const Known = z.object({ receipt: z.string(), movedAt: instant });

/**
 * Finds the clock of a list from receipts whose time a notice or a callback gave: of the two readings of a row the one near that time counts, and the majority
 * decides. Undefined on a draw, or where no row decides.
 */
export async function readListClock(db: Db, transactions: readonly PulledTransaction[]): Promise<ListClock | undefined> {
  const ambiguous = new Map(
    transactions.filter(({ times }) => times.length === 2).map((row) => [row.transactionId.toUpperCase(), row.times]),
  );
  if (ambiguous.size === 0) return undefined;
  const known = await readRows(
    db,
    Known,
    sql`
    select receipt, moved_at from deposits where receipt = any(${sql.param([...ambiguous.keys()])}::text[]) and moved_at is not null
      and (source in ('c2b', 'stk') or settled_at < confirmed_at)`, // a deposit that only a list names has no other time
  );
  const votes = { nairobi: 0, utc: 0 };
  for (const { receipt, movedAt } of known) {
    const [inNairobi, inUtc] = ambiguous.get(receipt) ?? [];
    const isNear = (reading: Date | undefined) => reading !== undefined && Math.abs(reading.getTime() - movedAt.getTime()) < NEAR_MS;
    if (isNear(inNairobi)) votes.nairobi += 1;
    else if (isNear(inUtc)) votes.utc += 1;
  }
  if (votes.nairobi === votes.utc) return undefined;
  return votes.nairobi > votes.utc ? 'nairobi' : 'utc';
}
