import { sql } from 'drizzle-orm';
import { type AnyPgColumn, boolean, check, customType, date, integer, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { at, cents, id, oneOf } from '#ground/db/columns.ts';

/** The number of a transaction, which is never used again on this server. */
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });
/** The number of a table on this server. */
export const oid = customType<{ data: string }>({ dataType: () => 'oid' });

const ACCOUNT_KINDS = ['asset', 'liability', 'income', 'expense'] as const;

/** Every account a shilling can stand on. `kind` decides which side makes its balance grow. The trigger `accounts_stay` (accounts.sql) keeps an account's id and kind, and lets none be removed. */
export const accounts = pgTable(
  'accounts',
  {
    id: text('id').primaryKey(),
    kind: text('kind', { enum: ACCOUNT_KINDS }).notNull(),
    name: text('name').notNull(),
    /** The account that this one is a part of: `loans` for one borrower's loan, `savings` for one member's savings. */
    parent: text('parent').references((): AnyPgColumn => accounts.id),
  },
  (t) => [oneOf('accounts_kind', t.kind, ACCOUNT_KINDS)],
);

/** What a transfer is booked for. */
const TRANSFER_KINDS = [
  'mpesa_in',
  'proved', // told money that was proved: told -> float
  'proved_after_all', // proved after it was taken back
  'disproved', // proved money is only told again: float -> told
  'merged', // undoes the booking of a movement that is booked as another one, or never came
  'claimed', // parked money whose prompt or purpose is now known: back to clearing
  'swapped', // proved money takes the place of told money for what was bought
  'taken_back', // a lie, or money that was reversed in the portal: taken from where it stood
  'reversed_elsewhere', // reversed in the portal: it has left the float
  'gathered', // to the account of its short code: an earlier release, or a wrong notice, had it elsewhere
  'counter_sale',
  'sale',
  'surplus',
  'suspense',
  'match',
  'payout_reserve',
  'payout_paid',
  'payout_released',
  'payout_late',
  'credit_note',
  'given_twice',
  'hold',
  'hold_resolved',
  'savings_deposit',
  'loan_fee',
  'repayment',
  'repayment_corrected',
  'unmatch',
  'top_up', // from the bank
  'sweep', // to the bank
  'charge', // what M-PESA takes
] as const;

/**
 * One immutable row moves money from a debit to a credit account: balanced by construction. A trigger checks that both accounts exist, without the locks of a foreign
 * key, which every settling would take on the same two rows (`transfers_name_accounts`, accounts.sql). `transfers_are_immutable` and `transfers_are_not_emptied` refuse to
 * change or remove one. `(kind, source_id, leg)` makes each event bookable once.
 */
export const transfers = pgTable(
  'transfers',
  {
    id: id(),
    kind: text('kind', { enum: TRANSFER_KINDS }).notNull(),
    sourceId: text('source_id').notNull(),
    leg: integer('leg').notNull(),
    debit: text('debit_account').notNull(),
    credit: text('credit_account').notNull(),
    amountCents: cents('amount_cents').notNull(),
    bookedAt: at('booked_at').notNull(),
    /** The transaction that wrote it: checkpoints go by this order. Null for transfers from before there were checkpoints. */
    tx: xid8('tx').default(sql`pg_current_xact_id()`),
  },
  (t) => [
    unique('transfers_once').on(t.kind, t.sourceId, t.leg),
    oneOf('transfers_kind', t.kind, TRANSFER_KINDS),
    check('transfers_positive', sql`${t.amountCents} > 0`),
    check('transfers_two_accounts', sql`${t.debit} <> ${t.credit}`),
  ],
);

/** The balance of an account and its parts by all transfers before the mark: debits less credits. */
export const checkpoints = pgTable('checkpoints', { account: text('account').primaryKey(), heldCents: cents('held_cents').notNull() });

/**
 * The transaction up to which the checkpoints go; null while they are not made, or not trusted. `of_table` is the table of transfers from which they were made: a
 * copy on another server has another table, and other transaction numbers.
 */
export const ledgerMark = pgTable(
  'ledger_mark',
  {
    isOnly: boolean('is_only').primaryKey().default(true),
    upto: xid8('upto'),
    ofTable: oid('of_table').notNull(),
    comparedOn: date('compared_on', { mode: 'string' }),
  },
  (t) => [check('ledger_mark_only', sql`${t.isOnly}`)],
);
