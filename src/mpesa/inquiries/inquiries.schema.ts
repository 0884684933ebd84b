import { index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, cents, encrypted, id, oneOf } from '#ground/db/columns.ts';

/** What Safaricom can be asked, in the words of its callbacks. */
export const INQUIRY_KINDS = ['transaction-status', 'account-balance'] as const;

/** The states of an inquiry. `timed_out`: Safaricom gave up, which proves nothing; an answer may still come. `refused`: it was never accepted. */
export const INQUIRY_STATES = ['asked', 'timed_out', 'refused', 'answered'] as const;

/** One inquiry to Safaricom whose answer comes later. Written before the call, so that an answer finds it even if it overtakes the response. */
export const inquiries = pgTable(
  'inquiries',
  {
    id: id(),
    kind: text('kind', { enum: INQUIRY_KINDS }).notNull(),
    state: text('state', { enum: INQUIRY_STATES }).notNull(),
    askedBy: text('asked_by').notNull(),
    askedAt: at('asked_at').notNull(),
    /** The short code whose initiator asks; of a balance, the one whose accounts are reported. */
    shortcode: text('shortcode').notNull(),
    /** What is asked about: a receipt, or the id that a request of ours had. */
    receipt: text('receipt'),
    originatorConversationId: text('originator_conversation_id'),
    conversationId: text('conversation_id'),
    refusal: text('refusal'),
    answeredAt: at('answered_at'),
    says: text('says'),
    resultCode: text('result_code'),
    /** Of a transaction: what became of it, as far as it was reported. */
    toldStatus: text('told_status'),
    toldReceipt: text('told_receipt'),
    toldCents: cents('told_cents'),
    debitParty: encrypted('debit_party'),
    creditParty: encrypted('credit_party'),
    reasonType: text('reason_type'),
    finalisedAt: at('finalised_at'),
    /** Of a balance: what our ledger held on the paybill when the answer came. */
    ledgerCents: cents('ledger_cents'),
  },
  (t) => [
    index('inquiries_kind').on(t.kind, t.askedAt),
    index('inquiries_conversation').on(t.conversationId),
    oneOf('inquiries_kind_known', t.kind, INQUIRY_KINDS),
    oneOf('inquiries_state', t.state, INQUIRY_STATES),
  ],
);

/** The history of the balance of each account of a short code, as Safaricom reported it. Amounts may be below zero. */
export const floatBalances = pgTable(
  'float_balances',
  {
    id: id(),
    inquiryId: uuid('inquiry_id')
      .notNull()
      .references(() => inquiries.id),
    account: text('account').notNull(),
    currency: text('currency').notNull(),
    currentCents: cents('current_cents').notNull(),
    availableCents: cents('available_cents').notNull(),
    reservedCents: cents('reserved_cents'),
    unclearedCents: cents('uncleared_cents'),
    toldAt: at('told_at').notNull(),
  },
  (t) => [unique('float_balances_once').on(t.inquiryId, t.account), index('float_balances_account').on(t.account, t.inquiryId)],
);
