import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instant, rowsOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { type EventObjects, idsSql, printed, VERSION, Versioned } from './event-object.ts';

const Row = Versioned.extend({
  state: z.string(),
  reference: z.string(),
  amountCents: bigintText,
  externalReference: z.string().nullable(),
  proved: z.boolean().nullable(),
  expiresAt: instant,
  heldAt: instant.nullable(),
  resolvedAt: instant.nullable(),
  incomeCents: bigintText.nullable(),
  payoutId: z.uuid().nullable(),
  payoutCents: bigintText.nullable(),
});

/** A booking, without its metadata (payment-object.ts): its id is that of its payment. */
export const bookingObjects: EventObjects = {
  select: (ids) => sql`
    select ${VERSION}, b.id, b.state, p.reference, p.amount_cents, p.external_reference, d.confirmed_at is not null as proved,
      b.expires_at, b.held_at, b.resolved_at, b.income_cents, o.id as payout_id, o.amount_cents as payout_cents
    from bookings b join payments p on p.id = b.id left join deposits d on d.id = p.counted_deposit_id left join payouts o on o.id = b.payout_id
    where b.id = ${idsSql(ids)}`,
  read: (rows) =>
    rowsOf(Row, rows).map((row) => ({
      ...{ id: row.id, version: row.version },
      state: {
        ...{ object: 'booking', bookingId: row.id, reference: row.reference, state: row.state, amount: shillings(row.amountCents) },
        ...{ proved: row.heldAt === null ? null : row.proved, expiresAt: printed(row.expiresAt), heldAt: printed(row.heldAt) },
        ...{ resolvedAt: printed(row.resolvedAt), incomeAmount: row.incomeCents === null ? null : shillings(row.incomeCents) },
        ...{ payoutId: row.payoutId, payoutAmount: row.payoutCents === null ? null : shillings(row.payoutCents) },
        externalReference: row.externalReference,
      },
    })),
};
