import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, cents, id } from '../db/columns.ts';
import { deposits, payments } from '../payments/payments.schema.ts';

/** What a person took out of suspense to pay for something: a whole deposit or a part of it. The ledger's source id of both steps, out of suspense and to the purpose. */
export const matches = pgTable(
  'matches',
  {
    id: id(),
    depositId: uuid('deposit_id')
      .notNull()
      .references(() => deposits.id),
    paymentId: uuid('payment_id')
      .notNull()
      .references(() => payments.id),
    amountCents: cents('amount_cents').notNull(),
    matchedBy: text('matched_by').notNull(),
    matchedAt: at('matched_at').notNull(),
  },
  (t) => [
    unique('matches_payment').on(t.paymentId),
    index('matches_deposit').on(t.depositId),
    check('matches_positive', sql`${t.amountCents} > 0`),
  ],
);
