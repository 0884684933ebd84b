import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import type { App } from '../../wiring/app.ts';
import { BULK_STATES, bulkPayouts } from './bulk.schema.ts';

/** Filters: by state. */
export const ListBulkInput = z.strictObject({
  state: z.enum(BULK_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: Cursor.optional(),
});

/** A bulk payout as everybody who may read it sees it. */
export const BULK = pick(bulkPayouts, 'b', [
  ...(['id', 'reference', 'reason', 'hash', 'lines', 'amountCents', 'state'] as const),
  ...(['requestedBy', 'requestedAt', 'decidedBy', 'decidedAt', 'cancelledBy', 'cancelledAt'] as const),
]);

/** The same in an answer. */
export const presentBulk = ({ id, amountCents, ...bulk }: z.output<typeof BULK.row>) => ({
  ...{ bulkId: id, ...bulk, amount: shillings(amountCents) },
});

/** Bulk payouts, newest first, in keyset pages. How the lines of one stand: read-bulk-payout.ts. */
export async function listBulkPayouts({ db }: Pick<App, 'db'>, { state, limit, cursor }: z.output<typeof ListBulkInput>) {
  const wanted: SQL[] = [
    sql`true`,
    ...(state ? [sql`b.state = ${state}`] : []),
    ...(cursor ? [sql`(b.requested_at, b.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)`] : []),
  ];
  const rows = await readRows(
    db,
    BULK.row,
    sql`select ${BULK.list} from bulk_payouts b where ${sql.join(wanted, sql` and `)} order by b.requested_at desc, b.id desc limit ${limit + 1}`,
  );
  const last = rows[limit - 1];
  return {
    bulkPayouts: rows.slice(0, limit).map(presentBulk),
    nextCursor: rows.length > limit && last ? printCursor({ createdAt: last.requestedAt, id: last.id }) : null,
  };
}
