import { sql } from 'drizzle-orm';
import { boolean, check, date, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { oid, xid8 } from '#books/ledger/ledger.schema.ts';
import { at, cents, id } from '#ground/db/columns.ts';

/** What the reports count, each with its own keys (counted.sql): payments by purpose and state, prompts, failed prompts by code, movements of money, times to pay. */
export const FIGURES = ['payments', 'prompts', 'failures', 'movements', 'seconds'] as const;

/** For each key how many there are and how many cents they are. */
type Counts = Record<string, [count: number, cents: number]>;

/** The counts of ten minutes, made from the rows themselves and made anew when one of these changes. */
export const slotCounts = pgTable(
  'slot_counts',
  { slot: at('slot').notNull(), figure: text('figure', { enum: FIGURES }).notNull(), counts: jsonb('counts').$type<Counts>().notNull() },
  (t) => [primaryKey({ name: 'slot_counts_pk', columns: [t.slot, t.figure] })],
);

/** The counts of a day in Nairobi: the sum of its slots. */
export const dayCounts = pgTable(
  'day_counts',
  {
    day: date('day', { mode: 'string' }).notNull(),
    figure: text('figure', { enum: FIGURES }).notNull(),
    counts: jsonb('counts').$type<Counts>().notNull(),
  },
  (t) => [primaryKey({ name: 'day_counts_pk', columns: [t.figure, t.day] })],
);

/** Slots in which something has changed since they were counted for good. Triggers write a row for each late change, in its transaction; the minute takes them. */
export const lateSlots = pgTable('late_slots', { id: id(), slot: at('slot').notNull() });

/** What was booked on a day in Nairobi between two accounts. The accounts of single loans and of single savings are `loan` and `savings` here. */
export const ledgerDays = pgTable(
  'ledger_days',
  {
    day: date('day', { mode: 'string' }).notNull(),
    kind: text('kind').notNull(),
    debit: text('debit').notNull(),
    credit: text('credit').notNull(),
    transfers: integer('transfers').notNull(),
    amountCents: cents('amount_cents').notNull(),
  },
  (t) => [primaryKey({ name: 'ledger_days_pk', columns: [t.day, t.kind, t.debit, t.credit] })],
);

/**
 * How far it is counted. Changes in slots before `watchedBefore` are noted in `late_slots`; slots before `finalBefore` are counted for good but for those; `watchedTx`
 * is the transaction before which somebody may not know yet that they are watched. `transfersUpto` is the mark of `ledger_days`, as `ledger_mark` is that of balances.
 */
export const countMark = pgTable(
  'count_mark',
  {
    isOnly: boolean('is_only').primaryKey().default(true),
    finalBefore: at('final_before'),
    watchedBefore: at('watched_before'),
    watchedTx: xid8('watched_tx'),
    recountedOn: date('recounted_on', { mode: 'string' }),
    transfersUpto: xid8('transfers_upto'),
    ofTable: oid('of_table'),
  },
  (t) => [check('count_mark_only', sql`${t.isOnly}`)],
);
