import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { IS_DETACHED } from '#ground/db/detached.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { ARE_STOPPED } from '#mpesa/payouts/stopped.ts';

/** Whether nobody has claimed this copy, and payouts are stopped in it. */
export async function isStillCopy(db: Db): Promise<boolean> {
  const [row] = await readRows(db, z.object({ held: z.boolean() }), sql`select ${IS_DETACHED} and ${ARE_STOPPED} as held`);
  return row?.held ?? false;
}
