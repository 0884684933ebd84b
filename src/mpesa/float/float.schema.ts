import { sql } from 'drizzle-orm';
import { check, date, index, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, cents, encrypted, id, oneOf } from '#ground/db/columns.ts';

/**
 * What moves the float of one of our short codes, apart from customers and payouts. `top_up`: from the bank. `sweep`: to the bank. `charge`: what M-PESA takes.
 * `paid_out`: what a person paid in the portal by hand.
 */
export const FLOAT_ENTRY_KINDS = ['top_up', 'sweep', 'charge', 'paid_out'] as const;

/** The states of an entry: a second person books it or rejects it. */
export const FLOAT_ENTRY_STATES = ['asked', 'booked', 'rejected'] as const;

/** One movement of the float: to or from the bank, a charge, or a payment by hand. Its id is the source id of its booking in the ledger. */
export const floatEntries = pgTable(
  'float_entries',
  {
    id: id(),
    /** Of the account `paybill_float:<shortcode>`. */
    shortcode: text('shortcode').notNull(),
    kind: text('kind', { enum: FLOAT_ENTRY_KINDS }).notNull(),
    amountCents: cents('amount_cents').notNull(),
    /** The day in Nairobi, as a person or a statement says it. */
    occurredOn: date('occurred_on', { mode: 'string' }).notNull(),
    /** Of a person's entry that explains a change of the balance: the beginning of the time in which the money moved. Its end is `occurred_at`. */
    explainsFrom: at('explains_from'),
    /**
     * From when the balance watch counts it: a statement line's own time, or the one chosen when a person's entry is booked. Null where it counts already, as a
     * charge that the tariff expects.
     */
    occurredAt: at('occurred_at'),
    note: encrypted('note'),
    state: text('state', { enum: FLOAT_ENTRY_STATES }).notNull(),
    /** How a top-up was proved: by Safaricom's balance, or by a statement's line. */
    provedBy: text('proved_by', { enum: ['balance', 'statement'] }),
    askedBy: text('asked_by').notNull(),
    askedAt: at('asked_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: at('decided_at'),
    /** Why it was rejected. */
    decisionNote: encrypted('decision_note'),
    bookedAt: at('booked_at'),
    /** The statement line of the same movement, as `lineKey` writes it. */
    lineKey: text('line_key').unique(),
    /** M-PESA's receipt: from a statement's line, or for a payment by hand from the person who enters it. */
    receipt: text('receipt'),
    /** Whose money was refunded by hand: a deposit's, or a payment's. All four ids are null for an expense. */
    depositId: uuid('deposit_id'),
    paymentId: uuid('payment_id'),
    /** What was paid by hand: a loan, or a booking's decided fee. */
    loanId: uuid('loan_id'),
    bookingId: uuid('booking_id'),
  },
  (t) => [
    index('float_entries_occurred').on(t.shortcode, t.occurredAt).where(sql`${t.state} = 'booked'`),
    uniqueIndex('float_entries_paid_out').on(t.receipt).where(sql`${t.kind} = 'paid_out' and ${t.state} <> 'rejected'`),
    index('float_entries_history').on(t.askedAt, t.id),
    oneOf('float_entries_kind', t.kind, FLOAT_ENTRY_KINDS),
    oneOf('float_entries_state', t.state, FLOAT_ENTRY_STATES),
    check('float_entries_positive', sql`${t.amountCents} > 0`),
    check('float_entries_booked_by_two', sql`${t.state} <> 'booked' or (${t.decidedBy} is not null and ${t.bookedAt} is not null)`),
  ],
);

/** A part of a person's entry that explains several gaps: it counts in the time of another gap than the entry itself. */
export const floatEntryParts = pgTable(
  'float_entry_parts',
  {
    entryId: uuid('entry_id')
      .notNull()
      .references(() => floatEntries.id),
    shortcode: text('shortcode').notNull(),
    /** From when the balance watch counts it. */
    occurredAt: at('occurred_at').notNull(),
    cents: cents('cents').notNull(),
  },
  (t) => [
    primaryKey({ name: 'float_entry_parts_pk', columns: [t.entryId, t.occurredAt] }),
    index('float_entry_parts_occurred').on(t.shortcode, t.occurredAt),
    check('float_entry_parts_positive', sql`${t.cents} > 0`),
  ],
);

/**
 * Which lines of statements show an entry, and how much of it: lines and people's entries need not have the same amounts. The receipt of a charge is that of the
 * payment charged: the tariff then expects nothing more for that payment.
 */
export const floatEntryLines = pgTable(
  'float_entry_lines',
  {
    /** As `lineKey` writes it; for the other leg of a transfer between our short codes with `:other leg` appended. */
    lineKey: text('line_key').notNull(),
    entryId: uuid('entry_id')
      .notNull()
      .references(() => floatEntries.id),
    shortcode: text('shortcode').notNull(),
    kind: text('kind', { enum: FLOAT_ENTRY_KINDS }).notNull(),
    receipt: text('receipt').notNull(),
    /** When the money moved by the line: from then the watch counts a charge whose entry has no moment of its own. */
    movedAt: at('moved_at').notNull(),
    /** The amount of the whole line, and how much of it is this entry's. */
    lineCents: cents('line_cents').notNull(),
    cents: cents('cents').notNull(),
  },
  (t) => [
    primaryKey({ name: 'float_entry_lines_pk', columns: [t.lineKey, t.entryId] }),
    index('float_entry_lines_entry').on(t.entryId),
    index('float_entry_lines_receipt').on(t.receipt),
    index('float_entry_lines_charges').on(t.shortcode, t.movedAt).where(sql`${t.kind} = 'charge'`),
  ],
);

/** How far the balances of one of our short codes have been compared with what moved. */
export const floatWatches = pgTable('float_watches', {
  shortcode: text('shortcode').primaryKey(),
  /** The first balance, and what it held beyond the books: money from before. */
  openedAt: at('opened_at').notNull(),
  openingCents: cents('opening_cents').notNull(),
  /** The anchor: the last balance that agreed, its figure plus all differences found after it. Later balances are compared with it. */
  anchorAt: at('anchor_at').notNull(),
  anchorCents: cents('anchor_cents').notNull(),
  /**
   * The sure balance: the last that agreed before any told money that is still unproved, or the anchor; its figure likewise includes the differences found after it.
   * Null in rows of an earlier release, where the anchor stands for it. Balances that agreed later agreed with money that may be false: when that is refuted, those
   * after `judgedUntil` are compared with the sure balance.
   */
  sureAt: at('sure_at'),
  sureCents: cents('sure_cents'),
  judgedUntil: at('judged_until'),
  /** The time of the newest balance that was compared. */
  seenAt: at('seen_at').notNull(),
  lookedAt: at('looked_at').notNull(),
});

/** A change of a balance that nothing explains, seen at two balances. Recomputed while it is open, since what is booked later or found by a pull may explain it. */
export const floatDifferences = pgTable(
  'float_differences',
  {
    id: id(),
    shortcode: text('shortcode').notNull(),
    /** What Safaricom has more than the books; below zero: less. */
    amountCents: cents('amount_cents').notNull(),
    /** The last balance that agreed, and the two that did not. */
    sinceAt: at('since_at').notNull(),
    sinceCents: cents('since_cents').notNull(),
    firstAt: at('first_at').notNull(),
    firstCents: cents('first_cents').notNull(),
    secondAt: at('second_at').notNull(),
    secondCents: cents('second_cents').notNull(),
    foundAt: at('found_at').notNull(),
    explainedAt: at('explained_at'),
    /** When it was last recomputed, if it was explained long ago: such differences take turns. */
    reworkedAt: at('reworked_at'),
    /** When the watch noticed that a person had closed its task. */
    acceptedAt: at('accepted_at'),
  },
  (t) => [
    index('float_differences_unexplained').on(t.shortcode).where(sql`${t.explainedAt} is null`),
    index('float_differences_explained').on(t.shortcode, t.explainedAt).where(sql`${t.explainedAt} is not null`),
  ],
);
