import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { listInput, readPage } from '#ground/db/page.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { pick } from '#ground/db/pick.ts';
import { instant } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import type { App } from '../wiring/app.ts';
import { RECORDED_STATES, recordedReceipts } from './recorded-receipts.schema.ts';

/** Which recorded receipts: all, or those in a state, or those with a code. */
export const ListReceiptsInput = listInput(
  { state: z.enum(RECORDED_STATES).optional(), receipt: z.string().max(20).toUpperCase().optional(), cursor: Cursor.optional() },
  200,
);

const LISTED = pick(recordedReceipts, 'r', [
  ...(['id', 'receipt', 'amountCents', 'shortcode', 'movedAt', 'typedReference', 'payerPhone', 'payerName', 'reason', 'state'] as const),
  ...(['recordedBy', 'recordedAt', 'decidedBy', 'decidedAt', 'decisionNote', 'depositId'] as const),
]);
const Row = LISTED.row.extend({ provedAt: instant.nullable() });

/** Receipts that people have recorded, newest first, in keyset pages. `proved` says whether Safaricom or a statement has shown it since. */
export async function listReceipts({ db }: Pick<App, 'db'>, input: z.output<typeof ListReceiptsInput>) {
  const { state, receipt, cursor } = input;
  const wanted = [...(state ? [sql`r.state = ${state}`] : []), ...(receipt ? [sql`r.receipt = ${receipt}`] : []), sql`true`];
  const after = cursor ? sql`(r.recorded_at, r.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)` : sql`true`;
  const { rows, hasMore, totals } = await readPage(db, Row, input, {
    list: sql`
    select ${LISTED.list}, d.receipt_proved_at as proved_at from recorded_receipts r left join deposits d on d.receipt = r.receipt
    where ${sql.join([...wanted, after], sql` and `)} order by r.recorded_at desc, r.id desc`,
    all: sql`from recorded_receipts r where ${sql.join(wanted, sql` and `)}`,
  });
  const last = rows.at(-1);
  const nextCursor = hasMore && last ? printCursor({ createdAt: last.recordedAt, id: last.id }) : null;
  return { receipts: rows.map(present), nextCursor, ...totals };
}

const present = ({
  id,
  amountCents,
  movedAt,
  typedReference,
  payerPhone,
  recordedAt,
  decidedAt,
  provedAt,
  ...row
}: z.output<typeof Row>) => ({
  ...{
    receiptId: id,
    ...row,
    amount: shillings(amountCents),
    at: movedAt.toISOString(),
    reference: typedReference,
    phoneNumber: payerPhone,
  },
  ...{ recordedAt: recordedAt.toISOString(), decidedAt: decidedAt?.toISOString() ?? null, proved: provedAt !== null },
});
