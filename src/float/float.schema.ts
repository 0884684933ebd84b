import { sql } from 'drizzle-orm';
import { check, date, index, pgTable, text } from 'drizzle-orm/pg-core';
import { at, cents, encrypted, id } from '../db/columns.ts';

/** What moves the float of an own short code beside customers and payouts. `top_up`: from the bank. `sweep`: to the bank. `charge`: what M-PESA takes. */
export const FLOAT_ENTRY_KINDS = ['top_up', 'sweep', 'charge'] as const;

/** The states of an entry: a second person books it or rejects it. */
export const FLOAT_ENTRY_STATES = ['asked', 'booked', 'rejected'] as const;

/** One movement between an own short code and the bank, or a charge. The ledger's source id of its booking. */
export const floatEntries = pgTable(
  'float_entries',
  {
    id: id(),
    /** The own account: `paybill_float:<shortcode>`. */
    shortcode: text('shortcode').notNull(),
    kind: text('kind', { enum: FLOAT_ENTRY_KINDS }).notNull(),
    amountCents: cents('amount_cents').notNull(),
    /** The day in Nairobi, as a person or a statement says it. */
    occurredOn: date('occurred_on', { mode: 'string' }).notNull(),
    /** From when the balance watch counts it: a statement line's own time, or one chosen when a person's is booked. None: it counts it already, as a charge that the tariff expects. */
    occurredAt: at('occurred_at'),
    note: encrypted('note'),
    state: text('state', { enum: FLOAT_ENTRY_STATES }).notNull(),
    /** How a top-up was proved: by Safaricom's balance, or by a statement's line. */
    provedBy: text('proved_by', { enum: ['balance', 'statement'] }),
    askedBy: text('asked_by').notNull(),
    askedAt: at('asked_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: at('decided_at'),
    bookedAt: at('booked_at'),
    /** The statement line that says the same, as `lineKey` writes it. */
    lineKey: text('line_key').unique(),
    /** M-PESA's receipt, where a statement's line has told it. Of a charge it is the receipt of the payment that was charged: that payment's tariff then counts no more. */
    receipt: text('receipt'),
  },
  (t) => [
    index('float_entries_occurred').on(t.shortcode, t.occurredAt).where(sql`${t.state} = 'booked'`),
    index('float_entries_history').on(t.askedAt, t.id),
    index('float_entries_receipt').on(t.receipt).where(sql`${t.receipt} is not null`),
    check('float_entries_kind', sql`${t.kind} in ('top_up', 'sweep', 'charge')`),
    check('float_entries_state', sql`${t.state} in ('asked', 'booked', 'rejected')`),
    check('float_entries_positive', sql`${t.amountCents} > 0`),
    check('float_entries_booked_by_two', sql`${t.state} <> 'booked' or (${t.decidedBy} is not null and ${t.bookedAt} is not null)`),
  ],
);
