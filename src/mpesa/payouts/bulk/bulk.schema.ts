import { sql } from 'drizzle-orm';
import { index, integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, cents, encrypted, id, oneOf } from '#ground/db/columns.ts';
import { payouts } from '../payouts.schema.ts';

/** The states of a bulk payout. `approved` while lines still wait to be reserved, `started` once none does: the rest is told by its payouts. */
export const BULK_STATES = ['requested', 'declined', 'approved', 'started', 'cancelled'] as const;

/** Many payouts from one file, decided about once. `hash` is the keyed hash of its checked lines: an approval names it. */
export const bulkPayouts = pgTable(
  'bulk_payouts',
  {
    id: id(),
    reference: text('reference').notNull().unique(),
    reason: encrypted('reason').notNull(),
    hash: text('hash').notNull(),
    lines: integer('lines').notNull(),
    amountCents: cents('amount_cents').notNull(),
    state: text('state', { enum: BULK_STATES }).notNull(),
    requestedBy: text('requested_by').notNull(),
    requestedAt: at('requested_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: at('decided_at'),
    cancelledBy: text('cancelled_by'),
    cancelledAt: at('cancelled_at'),
  },
  (t) => [
    index('bulk_payouts_hash').on(t.hash, t.requestedAt),
    index('bulk_payouts_history').on(t.requestedAt, t.id),
    oneOf('bulk_payouts_state', t.state, BULK_STATES),
  ],
);

/** One line of the file. The trigger `bulk_lines_are_kept` refuses to change whom it pays and how much, and to give it a second payout. */
export const bulkLines = pgTable(
  'bulk_lines',
  {
    id: id(),
    bulkId: uuid('bulk_id')
      .notNull()
      .references(() => bulkPayouts.id),
    line: integer('line').notNull(),
    phone: encrypted('phone').notNull(),
    phoneHash: text('phone_hash').notNull(),
    amountCents: cents('amount_cents').notNull(),
    name: encrypted('name'),
    /** What the organisation calls this payment; once per file. */
    ownReference: encrypted('own_reference'),
    /** Written in the transaction that reserves its money. */
    payoutId: uuid('payout_id')
      .unique()
      .references(() => payouts.id),
    cancelledAt: at('cancelled_at'),
  },
  (t) => [
    unique('bulk_lines_line').on(t.bulkId, t.line),
    index('bulk_lines_payee').on(t.phoneHash, t.amountCents),
    index('bulk_lines_waiting').on(t.bulkId, t.line).where(sql`${t.payoutId} is null and ${t.cancelledAt} is null`),
  ],
);
