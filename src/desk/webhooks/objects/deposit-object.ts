import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instant, rowsOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { type EventObjects, idsSql, printed, VERSION, Versioned } from './event-object.ts';

const Row = Versioned.extend({
  amountCents: bigintText,
  receipt: z.string().nullable(),
  shortcode: z.string().nullable(),
  proved: z.boolean(),
  waiting: z.boolean(),
  movedAt: instant.nullable(),
  settledAt: instant,
});

/** Money that came. What was typed for it may name somebody: GET /api/deposits has that. */
export const depositObjects: EventObjects = {
  select: (ids) => sql`
    select ${VERSION}, d.id, d.amount_cents, d.receipt, d.shortcode, d.confirmed_at is not null as proved, d.moved_at, d.settled_at,
      exists (select from reviews r where r.kind = 'unidentified_deposit' and r.subject = d.id::text and r.closed_at is null) as waiting
    from deposits d where d.id = ${idsSql(ids)}`,
  read: (rows) =>
    rowsOf(Row, rows).map(({ id, version, ...row }) => ({
      ...{ id, version },
      state: {
        ...{ object: 'deposit', depositId: id, state: row.waiting ? 'unidentified' : 'identified', amount: shillings(row.amountCents) },
        ...{ mpesaReceiptNumber: row.receipt, shortcode: row.shortcode, proved: row.proved },
        ...{ movedAt: printed(row.movedAt), heardAt: printed(row.settledAt) },
      },
    })),
};
