import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, cents, encrypted, id, oneOf } from '#ground/db/columns.ts';

/**
 * The states of a receipt that a person has recorded. `asked`: a second person has not looked yet. `booked`: two people have, and it is booked as told. `named`: two have,
 * and it is the receipt of a success that had none. `found`: Safaricom reported it meanwhile. `rejected`: the second person did not believe it.
 */
export const RECORDED_STATES = ['asked', 'booked', 'named', 'found', 'rejected'] as const;

/** Receipts that Safaricom never told us, as people found them on a phone or in the portal. */
export const recordedReceipts = pgTable(
  'recorded_receipts',
  {
    id: id(),
    receipt: text('receipt').notNull(),
    amountCents: cents('amount_cents').notNull(),
    shortcode: text('shortcode').notNull(),
    movedAt: at('moved_at').notNull(),
    typedReference: encrypted('typed_reference'),
    payerPhone: encrypted('payer_phone'),
    payerName: encrypted('payer_name'),
    /** Where it was found, and why it was recorded. */
    reason: text('reason').notNull(),
    state: text('state', { enum: RECORDED_STATES }).notNull(),
    recordedBy: text('recorded_by').notNull(),
    recordedAt: at('recorded_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: at('decided_at'),
    /** Why it was rejected. */
    decisionNote: text('decision_note'),
    /** The movement of money that it is, once there is one; while it is `asked`, the success that it is to name. */
    depositId: uuid('deposit_id'),
    /** Which row of `evidence` has what was recorded: a person said it, and no notice of Safaricom's. */
    bodyHash: text('body_hash'),
  },
  (t) => [
    uniqueIndex('recorded_receipts_open').on(t.receipt).where(sql`${t.state} = 'asked'`),
    index('recorded_receipts_receipt').on(t.receipt),
    index('recorded_receipts_history').on(t.recordedAt, t.id),
    oneOf('recorded_receipts_state', t.state, RECORDED_STATES),
    check('recorded_receipts_positive', sql`${t.amountCents} > 0`),
    check('recorded_receipts_by_two', sql`${t.state} not in ('booked', 'named') or ${t.decidedBy} <> ${t.recordedBy}`),
  ],
);
