import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, jsonb, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, cents, encrypted, id, listWords, oneOf } from '#ground/db/columns.ts';
import { LANGUAGES } from '#ground/text/language.ts';

/** The states of a payment; the API publishes them as its `status`. */
export const PAYMENT_STATUSES = ['pending', 'unknown', 'paid', 'failed', 'expired', 'reversed', 'refunded'] as const;

/** The states of an attempt. `requested`: Safaricom may have been asked. `pending`: it accepted. `unknown`: no result reached us. */
const ATTEMPT_STATES = ['requested', 'pending', 'unknown', 'paid', 'failed', 'expired'] as const;

/** One row per thing that a customer wants to pay: how much, for which purpose. */
export const payments = pgTable(
  'payments',
  {
    id: id(),
    reference: text('reference').notNull().unique(),
    purpose: text('purpose').notNull(),
    subject: text('subject'),
    caller: text('caller').notNull(),
    externalReference: text('external_reference'),
    /**
     * In clear, from before `metadata_sealed`: read where that is empty, no longer written. `npm run seal` empties it; a later release
     * drops it.
     */
    metadata: jsonb('metadata').$type<Record<string, string | number | boolean>>(),
    metadataSealed: encrypted('metadata_sealed'),
    lines: jsonb('lines').notNull(),
    language: text('language', { enum: LANGUAGES }).notNull(),
    phone: encrypted('phone').notNull(),
    phoneHash: text('phone_hash').notNull(),
    email: encrypted('email'),
    emailHash: text('email_hash'),
    name: encrypted('name'),
    owedCents: cents('owed_cents').notNull(),
    amountCents: cents('amount_cents').notNull(),
    /** Null only until `npm run db:migrate` has filled it: the trigger `payments_state` (keep-state.sql) keeps it and `status` equal. */
    state: text('state', { enum: PAYMENT_STATUSES }),
    /** A copy of rare states, kept by the same trigger, so that their index is not touched when a payment is settled. */
    rareState: text('rare_state'),
    /** The names of `state` and `rare_state` that the last release reads and writes; the next one drops them. */
    status: text('status', { enum: PAYMENT_STATUSES }).notNull(),
    rareStatus: text('rare_status'),
    failureCode: text('failure_code'),
    /** The latest prompt, and the deposit that counts for it: checked each night instead of by foreign keys (check-references.ts). */
    latestAttemptId: uuid('latest_attempt_id'),
    countedDepositId: uuid('counted_deposit_id'),
    /** Only the previous release reads it. */
    depositsVersion: integer('deposits_version').notNull().default(0),
    createdAt: at('created_at').notNull(),
    settledAt: at('settled_at'),
  },
  (t) => [
    uniqueIndex('payments_external_reference')
      .on(t.caller, t.externalReference)
      .where(sql`${t.externalReference} is not null and ${t.caller} <> 'public'`),
    // all visitors are the caller `public`, so each phone has references of its own
    uniqueIndex('payments_visitor_reference')
      .on(t.phoneHash, t.externalReference)
      .where(sql`${t.externalReference} is not null and ${t.caller} = 'public'`),
    index('payments_phone').on(t.phoneHash, t.createdAt),
    index('payments_email').on(t.emailHash, t.createdAt).where(sql`${t.emailHash} is not null`),
    index('payments_history').on(t.createdAt, t.id),
    oneOf('payments_status', t.status, PAYMENT_STATUSES),
    check('payments_state', sql`${t.state} is not null and ${t.state} in (${listWords(PAYMENT_STATUSES)})`),
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
    /** Until then M-PESA may still accept the PIN: before it, few result codes of a query are final. */
    payableUntil: at('payable_until'),
    checkoutRequestId: encrypted('checkout_request_id'),
    checkoutHash: text('checkout_hash').unique(),
    receipt: text('receipt'),
    /** The receipt of a success whose payer could not be read: by itself it proves nothing. */
    toldReceipt: text('told_receipt'),
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
    oneOf('attempts_state', t.state, ATTEMPT_STATES),
    check('attempts_live_is_open', sql`not ${t.live} or ${t.state} in ('requested', 'pending', 'unknown')`),
  ],
);

/** How a receipt and a prompt were recognised as one movement. `time` is a guess, on which nothing is refunded or reversed. */
export const TIES = ['callback', 'reference', 'payer', 'time'] as const;

const DEPOSIT_SOURCES = ['stk', 'c2b', 'pull', 'statement', 'status'] as const;

/**
 * One movement of money to us; its id is the ledger's source id. An attempt has at most one, and so has a receipt; either may be learnt
 * later, since a query names no receipt and a notice no attempt. Proved money stands in the float, told money in `paybill_told`. The unique
 * keys of receipt and attempt are deferrable: two rows may swap them in one statement.
 */
export const deposits = pgTable(
  'deposits',
  {
    id: id(),
    source: text('source', { enum: DEPOSIT_SOURCES }).notNull(),
    attemptId: uuid('attempt_id')
      .unique()
      .references(() => attempts.id),
    paymentId: uuid('payment_id').references(() => payments.id),
    amountCents: cents('amount_cents').notNull(),
    receipt: text('receipt').unique(),
    tiedBy: text('tied_by', { enum: TIES }),
    /** Our short code that was paid; null for rows from before short codes were kept. */
    shortcode: text('shortcode'),
    /**
     * Set where only a pulled list names the short code, or the notice named another: a head office's list has its outlets' payments too.
     */
    shortcodeByList: boolean('shortcode_by_list'),
    /** What the payer typed at the paybill, their name and phone, as far as Safaricom says. */
    typedReference: encrypted('typed_reference'),
    payerName: encrypted('payer_name'),
    payerPhone: encrypted('payer_phone'),
    payerHash: text('payer_hash'),
    payerTail: text('payer_tail'),
    /** The standing reference that was typed, as `standing_references` has it. */
    standing: text('standing'),
    /** Whether no typed reference says what it is for: it may then be an echo, a notice of money that any prompt of its amount and time has brought. */
    mayEcho: boolean('may_echo').notNull().default(false),
    /** When the money was proved, by whatever source: before that it may be allocated, but cannot leave again. */
    confirmedAt: at('confirmed_at'),
    /** When its receipt was proved. A query proves only that the attempt moved its amount. */
    receiptProvedAt: at('receipt_proved_at'),
    confirmationTries: integer('confirmation_tries').notNull().default(0),
    confirmationDueAt: at('confirmation_due_at'),
    /** The prompt whose echo the notice may be; it is not allocated until `held_until`. Infinity: until it is proved. */
    echoOf: uuid('echo_of').references(() => attempts.id),
    heldUntil: at('held_until'),
    /** The deposit that turned out to be the same movement; this row then no longer counts. */
    mergedInto: uuid('merged_into'),
    /** When it was refuted: locked until a person takes it back. */
    refutedAt: at('refuted_at'),
    takenBackAt: at('taken_back_at'),
    /** By signed statements: when it was reversed in Safaricom's portal, how much of it, and the reversal's receipt. The deposit is locked and cannot leave again. */
    reversedElsewhereAt: at('reversed_elsewhere_at'),
    reversedElsewhereCents: cents('reversed_elsewhere_cents'),
    reversalReceipt: text('reversal_receipt'),
    /** 0 for rows of this release. The previous release reads it, and allocate.sql to recognise rows of an earlier one. */
    version: integer('version').notNull().default(1),
    /** M-PESA's own time where plausible: the value date. */
    movedAt: at('moved_at'),
    /** When we heard of it. */
    settledAt: at('settled_at').notNull(),
    allocatedAt: at('allocated_at'),
    allocationTries: integer('allocation_tries').notNull().default(0),
    allocationDueAt: at('allocation_due_at'),
  },
  (t) => [
    index('deposits_payment').on(t.paymentId),
    index('deposits_waiting').on(t.allocationDueAt).where(sql`${t.allocatedAt} is null`),
    index('deposits_confirmation_due').on(t.confirmationDueAt).where(sql`${t.confirmationDueAt} is not null`),
    oneOf('deposits_source', t.source, DEPOSIT_SOURCES),
    oneOf('deposits_tied_by', t.tiedBy, TIES),
    check(
      'deposits_receipt_or_attempt',
      sql`${t.receipt} is not null or ${t.attemptId} is not null or ${t.mergedInto} is not null or ${t.refutedAt} is not null`,
    ),
  ],
);

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
 * source id; where it undoes a match to what somebody owes us back, it is that match's id.
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
