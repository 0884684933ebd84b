import { sql } from 'drizzle-orm';
import type * as z from 'zod';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { bulkPayouts } from './bulk.schema.ts';

const BULK = pick(bulkPayouts, 'b', ['id', 'reference', 'reason', 'hash', 'lines', 'amountCents', 'state', 'requestedBy', 'decidedBy']);

/** A bulk payout whose row is locked until the transaction ends: whoever decides, reserves or cancels takes turns. */
export type LockedBulk = z.output<typeof BULK.row>;

/** Locks a bulk payout. Throws `bulk_not_found`. */
export async function lockBulk(tx: Tx, id: string): Promise<LockedBulk> {
  const [bulk] = await readRows(tx, BULK.row, sql`select ${BULK.list} from bulk_payouts b where b.id = ${id}::uuid for update`);
  if (!bulk) throw new AppError('bulk_not_found', 'There is no such bulk payout.');
  return bulk;
}
