import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, cents, id } from '#ground/db/columns.ts';
import { deposits, payments } from '../payments/payments.schema.ts';
import { LIST_CLOCKS } from './read-list-clock.ts';

/**
 * A deposit, or a part of it, that a person matched to what it pays. Its id is the source id of both transfers: out of suspense, and to the
 * purpose.
 */
export const matches = pgTable(
  'matches',
  {
    id: id(),
    depositId: uuid('deposit_id')
      .notNull()
      .references(() => deposits.id),
    /** What it pays: a payment, or a standing reference (a loan's, an account's). */
    paymentId: uuid('payment_id').references(() => payments.id),
    standingReference: text('standing_reference'),
    amountCents: cents('amount_cents').notNull(),
    matchedBy: text('matched_by').notNull(),
    matchedAt: at('matched_at').notNull(),
  },
  (t) => [
    unique('matches_payment').on(t.paymentId),
    index('matches_deposit').on(t.depositId),
    check('matches_one_target', sql`(${t.paymentId} is null) <> (${t.standingReference} is null)`),
    check('matches_positive', sql`${t.amountCents} > 0`),
  ],
);

/**
 * Booked money of a deposit that was put back into suspense, such as a reversed repayment of the wrong loan. Its id is the transfer's
 * source id.
 */
export const unmatches = pgTable(
  'unmatches',
  {
    id: id(),
    depositId: uuid('deposit_id')
      .notNull()
      .references(() => deposits.id),
    amountCents: cents('amount_cents').notNull(),
    unmatchedBy: text('unmatched_by').notNull(),
    unmatchedAt: at('unmatched_at').notNull(),
  },
  (t) => [index('unmatches_deposit').on(t.depositId), check('unmatches_positive', sql`${t.amountCents} > 0`)],
);

/** How far Safaricom's list of payments to a short code has been read. */
export const pulls = pgTable('pulls', {
  shortcode: text('shortcode').primaryKey(),
  /** Everything up to here was read: the end of the last complete run. */
  completeUntil: at('complete_until'),
  /** When it was last asked for; also the claim on the next quarter of an hour. */
  askedAt: at('asked_at').notNull(),
  /** When all that Safaricom remembers was last read. */
  sweptAt: at('swept_at'),
  /** The short code and period that gapless complete runs cover: told money in it that they did not list is refuted. */
  refutesShortcode: text('refutes_shortcode'),
  refutesFrom: at('refutes_from'),
  refutesUntil: at('refutes_until'),
  /** Receipts that those runs listed but that are not in the books: unreadable, or paid by one of our short codes to another. */
  refutesNot: text('refutes_not').array().notNull().default(sql`'{}'`),
  /** The clock of the list's times, learnt from receipts whose time another source told; null until then. */
  clock: text('clock', { enum: LIST_CLOCKS }),
  /** Listed receipts that could not be read or settled, as long as their task is open. */
  unread: text('unread').array().notNull().default(sql`'{}'`),
  /** The period in which unreadable rows without a receipt may lie; null when there are none. */
  unreadFrom: at('unread_from'),
  unreadUntil: at('unread_until'),
});
