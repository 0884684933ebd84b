import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, cents, encrypted, id } from '../db/columns.ts';

/** The states of a payment, as published. */
export const PAYMENT_STATUSES = ['pending', 'unknown', 'paid', 'failed', 'expired', 'reversed', 'refunded'] as const;

/** The states of an attempt. `requested`: Safaricom may have been asked. `pending`: it said yes. `unknown`: nobody has told us how it ended. */
const ATTEMPT_STATES = ['requested', 'pending', 'unknown', 'paid', 'failed', 'expired'] as const;

/** What is owed, for which purpose: one row per thing a customer wants to pay. */
export const payments = pgTable(
  'payments',
  {
    id: id(),
    reference: text('reference').notNull().unique(),
    purpose: text('purpose').notNull(),
    subject: text('subject'),
    caller: text('caller').notNull(),
    externalReference: text('external_reference'),
    metadata: jsonb('metadata').$type<Record<string, string | number | boolean>>(),
    lines: jsonb('lines').notNull(),
    language: text('language', { enum: ['en', 'sw'] }).notNull(),
    phone: encrypted('phone').notNull(),
    phoneHash: text('phone_hash').notNull(),
    email: encrypted('email'),
    emailHash: text('email_hash'),
    name: encrypted('name'),
    owedCents: cents('owed_cents').notNull(),
    amountCents: cents('amount_cents').notNull(),
    status: text('status', { enum: PAYMENT_STATUSES }).notNull(),
    failureCode: text('failure_code'),
    latestAttemptId: uuid('latest_attempt_id'),
    countedDepositId: uuid('counted_deposit_id'),
    depositsVersion: integer('deposits_version').notNull().default(0),
    createdAt: at('created_at').notNull(),
    settledAt: at('settled_at'),
  },
  (t) => [
    uniqueIndex('payments_external_reference').on(t.caller, t.externalReference).where(sql`${t.externalReference} is not null`),
    index('payments_phone').on(t.phoneHash, t.createdAt),
    index('payments_email').on(t.emailHash, t.createdAt).where(sql`${t.emailHash} is not null`),
    index('payments_history').on(t.createdAt, t.id),
    index('payments_open').on(t.amountCents, t.createdAt).where(sql`${t.status} in ('pending', 'unknown', 'failed', 'expired')`),
    check('payments_status', sql`${t.status} in ('pending', 'unknown', 'paid', 'failed', 'expired', 'reversed', 'refunded')`),
    check('payments_whole_shillings', sql`${t.amountCents} > 0 and ${t.amountCents} % 100 = 0`),
    check('payments_rounded_up', sql`${t.amountCents} - ${t.owedCents} between 0 and 99`),
  ],
);

/** One prompt on one phone. Written before Safaricom hears of it. */
export const attempts = pgTable(
  'attempts',
  {
    id: id(),
    paymentId: uuid('payment_id')
      .notNull()
      .references(() => payments.id),
    phoneHash: text('phone_hash').notNull(),
    phoneTail: text('phone_tail').notNull(),
    amountCents: cents('amount_cents').notNull(),
    state: text('state', { enum: ATTEMPT_STATES }).notNull(),
    live: boolean('live').notNull().default(true),
    liveUntil: at('live_until').notNull(),
    checkoutRequestId: encrypted('checkout_request_id'),
    checkoutHash: text('checkout_hash').unique(),
    receipt: text('receipt'),
    resultCode: text('result_code'),
    queries: integer('queries').notNull().default(0),
    queryDueAt: at('query_due_at'),
    queriedAt: at('queried_at'),
    createdAt: at('created_at').notNull(),
  },
  (t) => [
    uniqueIndex('attempts_live_phone').on(t.phoneHash).where(sql`${t.live}`),
    uniqueIndex('attempts_live_payment').on(t.paymentId).where(sql`${t.live}`),
    index('attempts_payment').on(t.paymentId),
    index('attempts_query_due').on(t.queryDueAt).where(sql`${t.queryDueAt} is not null`),
    index('attempts_unsettled').on(t.createdAt).where(sql`${t.state} in ('requested', 'pending', 'unknown', 'expired')`),
    check('attempts_state', sql`${t.state} in ('requested', 'pending', 'unknown', 'paid', 'failed', 'expired')`),
    check('attempts_live_is_open', sql`not ${t.live} or ${t.state} in ('requested', 'pending', 'unknown')`),
  ],
);

/**
 * One movement of money to us: the ledger's source id. An attempt has at most one, a receipt too; either may be learnt later, since a query names no receipt and a
 * C2B notice no attempt. `version` grows with each change, and the payment's `deposits_version` with it: a statement that waited for the payment's lock can
 * tell that it sees an old snapshot of its deposits.
 */
export const deposits = pgTable(
  'deposits',
  {
    id: id(),
    source: text('source', { enum: ['stk', 'c2b'] }).notNull(),
    attemptId: uuid('attempt_id')
      .unique()
      .references(() => attempts.id),
    paymentId: uuid('payment_id').references(() => payments.id),
    amountCents: cents('amount_cents').notNull(),
    receipt: text('receipt').unique(),
    /** What a payer typed at the paybill, who he is and from which phone, as far as Safaricom says. */
    typedReference: encrypted('typed_reference'),
    payerName: encrypted('payer_name'),
    payerPhone: encrypted('payer_phone'),
    /** When its receipt was proved by more than a C2B notice: before that the money may be allocated, but cannot leave again. */
    confirmedAt: at('confirmed_at'),
    confirmationTries: integer('confirmation_tries').notNull().default(0),
    confirmationDueAt: at('confirmation_due_at'),
    version: integer('version').notNull().default(1),
    settledAt: at('settled_at').notNull(),
    allocatedAt: at('allocated_at'),
    allocationTries: integer('allocation_tries').notNull().default(0),
    allocationDueAt: at('allocation_due_at'),
  },
  (t) => [
    index('deposits_payment').on(t.paymentId),
    index('deposits_waiting').on(t.allocationDueAt).where(sql`${t.allocatedAt} is null`),
    index('deposits_without_receipt').on(t.settledAt).where(sql`${t.receipt} is null`),
    index('deposits_unconfirmed').on(t.settledAt).where(sql`${t.confirmedAt} is null`),
    index('deposits_confirmation_due').on(t.confirmationDueAt).where(sql`${t.confirmationDueAt} is not null`),
    check('deposits_source', sql`${t.source} in ('stk', 'c2b')`),
    check('deposits_receipt_or_attempt', sql`${t.receipt} is not null or ${t.attemptId} is not null`),
  ],
);
