import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { accounts } from '#books/ledger/ledger.schema.ts';
import { at, cents, encrypted, id, oneOf } from '#ground/db/columns.ts';

/** What a payout is for: a payment to somebody, a refund, the reversal of a payment at Safaricom, money given back through the bank by a person, a loan. */
const PAYOUT_KINDS = ['payment', 'refund', 'reversal', 'manual', 'loan'] as const;

/** The states of a payout. `partly_paid` until all its parts are final. */
export const PAYOUT_STATES = ['requested', 'declined', 'approved', 'partly_paid', 'paid', 'rejected'] as const;

/** Money to be paid to somebody: why, and who decided. `source_account` is where it stands until it is reserved. */
export const payouts = pgTable(
  'payouts',
  {
    id: id(),
    reference: text('reference').notNull().unique(),
    kind: text('kind', { enum: PAYOUT_KINDS }).notNull(),
    /**
     * In clear, from before `reason_sealed`: read where that is empty, no longer written. `npm run seal` empties it; a later release drops
     * it.
     */
    reason: text('reason').notNull().default(''),
    reasonSealed: encrypted('reason_sealed'),
    /** What it belongs to: a deposit, a booking or a loan. The trigger `payouts_subject` (keep-subject.sql) keeps it and `subject` equal. */
    subjectId: uuid('subject_id'),
    /** `subject_id` as text, which the last release reads and writes; the next one drops it. */
    subject: text('subject'),
    /**
     * The payment whose sale a refund undoes, or whose booking's fee was reversed in the portal; null where the money belonged to neither. Checked each night
     * instead of by a foreign key (check-references.ts).
     */
    paymentId: uuid('payment_id'),
    /** The receipt that a reversal or refund was requested for: one that its deposit had by a guess may turn out to be another movement. */
    receipt: text('receipt'),
    /** The deposit that a refund gives back. Stored because another deposit may later count for a booking's payment. Null for rows of an earlier release. */
    depositId: uuid('deposit_id'),
    /** Whether a person identified the payer. Null for rows of an earlier release. */
    payerIdentified: boolean('payer_identified'),
    sourceAccount: text('source_account')
      .notNull()
      .references(() => accounts.id),
    phone: encrypted('phone'),
    phoneHash: text('phone_hash'),
    /** The phone's last three digits, as masked numbers show them. */
    phoneTail: text('phone_tail'),
    bankReference: text('bank_reference'),
    /** The receipt of what a person sent in Safaricom's portal, from the line of a signed statement. Such a payout is recorded as paid, and never sent by us. */
    portalReceipt: text('portal_receipt'),
    amountCents: cents('amount_cents').notNull(),
    partsCents: cents('parts_cents').array().notNull(),
    /** Needs another person's approval, however small: it is not sure whose phone it is. */
    secondPerson: boolean('second_person').notNull().default(false),
    state: text('state', { enum: PAYOUT_STATES }).notNull(),
    caller: text('caller').notNull(),
    externalReference: text('external_reference'),
    requestedBy: text('requested_by').notNull(),
    requestedAt: at('requested_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: at('decided_at'),
  },
  (t) => [
    uniqueIndex('payouts_external_reference').on(t.caller, t.externalReference).where(sql`${t.externalReference} is not null`),
    index('payouts_subject').on(t.subject),
    check('payouts_subject_id', sql`${t.subject} is not distinct from ${t.subjectId}::text`),
    oneOf('payouts_kind', t.kind, PAYOUT_KINDS),
    oneOf('payouts_state', t.state, PAYOUT_STATES),
    check('payouts_positive', sql`${t.amountCents} > 0`),
  ],
);

const WITHDRAWAL_STATES = ['reserved', 'dispatched', 'unknown', 'paid', 'rejected'] as const;

/**
 * One B2C payment, or what a person sent in the portal (without `dispatched_at`). Its id is the OriginatorConversationID: stored before the
 * call, and the only one with which this money is ever requested.
 */
export const withdrawals = pgTable(
  'withdrawals',
  {
    id: id(),
    payoutId: uuid('payout_id')
      .notNull()
      .references(() => payouts.id),
    part: integer('part').notNull(),
    amountCents: cents('amount_cents').notNull(),
    state: text('state', { enum: WITHDRAWAL_STATES }).notNull(),
    conversationId: text('conversation_id').unique(),
    /** The id that Safaricom gave to a reversal's request; a B2C payment has its own. */
    originatorConversationId: text('originator_conversation_id'),
    receipt: text('receipt').unique(),
    resultCode: text('result_code'),
    /** When it was first sent, of the tries that Safaricom may have paid. */
    dispatchedAt: at('dispatched_at'),
    /** When it was last sent, or a copy of an earlier state began to ask about it: from then its status is asked again and again. */
    triedAt: at('tried_at'),
    /** Set where an earlier request had no clear answer and may have been accepted. */
    askedAgain: boolean('asked_again'),
    queryDueAt: at('query_due_at'),
    /** When we heard of its end. */
    settledAt: at('settled_at'),
    /** When M-PESA moved it, by its own time; null without a plausible one. */
    movedAt: at('moved_at'),
  },
  (t) => [
    unique('withdrawals_part').on(t.payoutId, t.part),
    index('withdrawals_query_due').on(t.queryDueAt).where(sql`${t.queryDueAt} is not null`),
    oneOf('withdrawals_state', t.state, WITHDRAWAL_STATES),
    check(
      'withdrawals_within_limits',
      sql`${t.amountCents} between 100 and 25000000 and ${t.amountCents} % 100 = 0 or ${t.state} = 'paid' and ${t.dispatchedAt} is null`,
    ),
  ],
);

/**
 * What is stopped until a person starts it again: `payouts` when Safaricom refuses our initiator, and with them the questions that need it;
 * `payouts_by_hand` when a person has stopped payouts, and nothing else.
 */
export const stops = pgTable('stops', {
  name: text('name').primaryKey(),
  reason: text('reason').notNull(),
  stoppedAt: at('stopped_at').notNull(),
});
