import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, cents, id } from '#ground/db/columns.ts';
import { deposits, payments } from '../payments/payments.schema.ts';
import { LIST_CLOCKS } from './read-list-clock.ts';

/** What a person took out of suspense to pay for something: a whole deposit or a part of it. The ledger's source id of both steps, out of suspense and to the purpose. */
export const matches = pgTable(
  'matches',
  {
    id: id(),
    depositId: uuid('deposit_id')
      .notNull()
      .references(() => deposits.id),
    /** What it pays: a payment that was asked for, or a standing reference (a loan's, an account's). */
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

/** Money of a deposit that was booked to something and taken back into suspense, such as a repayment that was for another loan. The ledger's source id of that step. */
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

/** How far the payments that Safaricom lists for a short code have been read. */
export const pulls = pgTable('pulls', {
  shortcode: text('shortcode').primaryKey(),
  /** Everything until then was read: the last whole run. */
  completeUntil: at('complete_until'),
  /** When it was asked last, by whichever process: at once the claim of the next quarter of an hour. */
  askedAt: at('asked_at').notNull(),
  /** When the whole of what Safaricom remembers was read last. */
  sweptAt: at('swept_at'),
  /** What is told of this own short code and these moments was listed by whole runs of all that Safaricom remembers, one joining the other, or is a lie. */
  refutesShortcode: text('refutes_shortcode'),
  refutesFrom: at('refutes_from'),
  refutesUntil: at('refutes_until'),
  /** Receipts that those runs listed and that are no customer's money in the books: nobody could read them, or one short code of ours paid another. */
  refutesNot: text('refutes_not').array().notNull().default(sql`'{}'`),
  /** The clock of its times, as receipts that somebody else had told of have shown; unknown as long as none has. */
  clock: text('clock', { enum: LIST_CLOCKS }),
  /** Receipts that were listed and could not be read or settled, as long as the task about them is open. */
  unread: text('unread').array().notNull().default(sql`'{}'`),
  /** Between which moments rows may lie that could not be read and have no receipt; none when there are none. */
  unreadFrom: at('unread_from'),
  unreadUntil: at('unread_until'),
});
