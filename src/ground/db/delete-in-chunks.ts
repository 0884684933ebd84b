import type { SQL } from 'drizzle-orm';
import type { Db } from './types.ts';

const BATCH = 1_000;

/**
 * Deletes some rows at a time until fewer are found or `deadline` has come, so that nobody waits for a long statement. Returns how many it
 * deleted.
 */
export async function deleteInChunks(
  { db, clock }: { db: Db; clock: { now(): Date } },
  deadline: Date,
  statement: (most: number) => SQL,
  most = BATCH,
): Promise<number> {
  let gone = 0;
  while (clock.now() < deadline) {
    const { rowCount } = await db.execute(statement(most));
    gone += rowCount ?? 0;
    if ((rowCount ?? 0) < most) break;
  }
  return gone;
}
