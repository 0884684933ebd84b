import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { listInput, readPage } from '#ground/db/page.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { pick } from '#ground/db/pick.ts';
import { shillings } from '#ground/money/cents.ts';
import type { App } from '../../wiring/app.ts';
import { BULK_STATES, bulkPayouts } from './bulk.schema.ts';

/** Filters: by state. */
export const ListBulkInput = listInput({ state: z.enum(BULK_STATES).optional(), cursor: Cursor.optional() }, 200);

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
export async function listBulkPayouts({ db }: Pick<App, 'db'>, input: z.output<typeof ListBulkInput>) {
  const { state, cursor } = input;
  const all = sql`from bulk_payouts b where ${state ? sql`b.state = ${state}` : sql`true`}`;
  const after = cursor ? sql`(b.requested_at, b.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)` : sql`true`;
  const { rows, hasMore, totals } = await readPage(db, BULK.row, input, {
    list: sql`select ${BULK.list} ${all} and ${after} order by b.requested_at desc, b.id desc`,
    all,
  });
  const last = rows.at(-1);
  return {
    bulkPayouts: rows.map(presentBulk),
    nextCursor: hasMore && last ? printCursor({ createdAt: last.requestedAt, id: last.id }) : null,
    ...totals,
  };
}
