import { type SQL, sql } from 'drizzle-orm';
import { boolean, check, date, foreignKey, index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, cents, encrypted, id, oneOf } from '#ground/db/columns.ts';
import { deposits } from '#mpesa/payments/payments.schema.ts';
import { members } from '../members/members.schema.ts';
import { COMPONENTS } from './math/allocation-order.ts';
import { EARLY_SETTLEMENTS, EXCESS, FEE_CHARGED, LOAN_STATES, METHODS, PENALTY_FREQUENCIES, PENALTY_KINDS, PERIODS } from './math/terms.ts';

/**
 * The terms of loans: math/terms.ts says what each is. A row is never changed: new terms are a new row with the same code, and the old row is retired; a loan
 * keeps the row that was offered when it was applied for.
 */
export const loanProducts = pgTable(
  'loan_products',
  {
    id: id(),
    code: text('code').notNull(),
    name: text('name').notNull(),
    method: text('method', { enum: METHODS }).notNull(),
    period: text('period', { enum: PERIODS }).notNull(),
    instalments: integer('instalments').notNull(),
    interestBasisPoints: integer('interest_basis_points').notNull(),
    feeCents: cents('fee_cents').notNull(),
    feeBasisPoints: integer('fee_basis_points').notNull(),
    feeCharged: text('fee_charged', { enum: FEE_CHARGED }).notNull(),
    graceDays: integer('grace_days').notNull(),
    penaltyKind: text('penalty_kind', { enum: PENALTY_KINDS }).notNull(),
    penaltyCents: cents('penalty_cents').notNull(),
    penaltyBasisPoints: integer('penalty_basis_points').notNull(),
    penaltyFrequency: text('penalty_frequency', { enum: PENALTY_FREQUENCIES }).notNull(),
    penaltyCapBasisPoints: integer('penalty_cap_basis_points'),
    inDuplum: boolean('in_duplum').notNull(),
    allocationOrder: text('allocation_order', { enum: COMPONENTS }).array().notNull(),
    excess: text('excess', { enum: EXCESS }).notNull(),
    earlySettlement: text('early_settlement', { enum: EARLY_SETTLEMENTS }).notNull(),
    minCents: cents('min_cents').notNull(),
    maxCents: cents('max_cents').notNull(),
    createdAt: at('created_at').notNull(),
    retiredAt: at('retired_at'),
  },
  (t) => [
    uniqueIndex('loan_products_code').on(t.code).where(sql`${t.retiredAt} is null`),
    oneOf('loan_products_method', t.method, METHODS),
    oneOf('loan_products_period', t.period, PERIODS),
    oneOf('loan_products_fee_charged', t.feeCharged, FEE_CHARGED),
    oneOf('loan_products_penalty_kind', t.penaltyKind, PENALTY_KINDS),
    oneOf('loan_products_penalty_frequency', t.penaltyFrequency, PENALTY_FREQUENCIES),
    oneOf('loan_products_excess', t.excess, EXCESS),
    oneOf('loan_products_early_settlement', t.earlySettlement, EARLY_SETTLEMENTS),
    check(
      'loan_products_allocation_order',
      sql`cardinality(${t.allocationOrder}) = 4 and ${t.allocationOrder} @> array['penalty', 'fee', 'interest', 'principal']`,
    ),
    check('loan_products_instalments', sql`${t.instalments} between 1 and 120`),
    check('loan_products_rates', sql`${t.interestBasisPoints} between 0 and 10000 and ${t.feeBasisPoints} between 0 and 10000`),
    check('loan_products_amounts', sql`${t.feeCents} >= 0 and ${t.minCents} between 100 and ${t.maxCents}`),
    check(
      'loan_products_penalty',
      sql`${t.graceDays} between 0 and 365 and ${t.penaltyCents} >= 0 and ${t.penaltyBasisPoints} between 0 and 10000`,
    ),
  ],
);

/** What a member asked for and what became of it. Its principal stands in the ledger under `loan:<id>`. */
export const loans = pgTable(
  'loans',
  {
    id: id(),
    /** The account number that borrowers type at the paybill: `LN-4K7Q2M9X`. */
    reference: text('reference').notNull().unique(),
    memberId: uuid('member_id')
      .notNull()
      .references(() => members.id),
    productId: uuid('product_id')
      .notNull()
      .references(() => loanProducts.id),
    principalCents: cents('principal_cents').notNull(),
    feeCents: cents('fee_cents').notNull(),
    reason: encrypted('reason'),
    state: text('state', { enum: LOAN_STATES }).notNull(),
    appliedAt: at('applied_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: at('decided_at'),
    decisionNote: encrypted('decision_note'),
    disbursedOn: date('disbursed_on', { mode: 'string' }),
    closedAt: at('closed_at'),
    /** The day up to which penalties were last recomputed with the whole loan: up to it none is missing and none is too high. */
    workedOutTo: date('worked_out_to', { mode: 'string' }),
    /** Until when the next payment of at least the settlement amount settles the loan early, as the borrower asked. */
    settlesUntil: at('settles_until'),
  },
  (t) => [
    index('loans_member').on(t.memberId, t.appliedAt),
    index('loans_history').on(t.appliedAt, t.id),
    index('loans_active').on(t.id).where(sql`${t.state} = 'active'`),
    oneOf('loans_state', t.state, LOAN_STATES),
    check(
      'loans_whole_shillings',
      sql`${t.principalCents} > 0 and ${t.principalCents} % 100 = 0 and ${t.feeCents} >= 0 and ${t.feeCents} % 100 = 0`,
    ),
  ],
);

/** What is owed on a due day, and how much of it is paid: computed from the repayments and kept here, so that readers need no sums. */
export const instalments = pgTable(
  'instalments',
  {
    loanId: uuid('loan_id')
      .notNull()
      .references(() => loans.id),
    number: integer('number').notNull(),
    dueOn: date('due_on', { mode: 'string' }).notNull(),
    principalCents: cents('principal_cents').notNull(),
    interestCents: cents('interest_cents').notNull(),
    feeCents: cents('fee_cents').notNull(),
    paidPrincipalCents: cents('paid_principal_cents').notNull().default(sql`0`),
    paidInterestCents: cents('paid_interest_cents').notNull().default(sql`0`),
    paidFeeCents: cents('paid_fee_cents').notNull().default(sql`0`),
    /** Interest that an early settlement saved the borrower. */
    forgivenCents: cents('forgiven_cents').notNull().default(sql`0`),
    unpaidCents: cents('unpaid_cents')
      .notNull()
      .generatedAlwaysAs(
        (): SQL =>
          sql`principal_cents + interest_cents + fee_cents - paid_principal_cents - paid_interest_cents - paid_fee_cents - forgiven_cents`,
      ),
  },
  (t) => [
    primaryKey({ name: 'instalments_pk', columns: [t.loanId, t.number] }),
    index('instalments_open').on(t.loanId, t.dueOn).where(sql`${t.unpaidCents} > 0`),
    index('instalments_due').on(t.dueOn, t.loanId).where(sql`${t.unpaidCents} > 0`),
    check(
      'instalments_parts',
      sql`${t.paidPrincipalCents} between 0 and ${t.principalCents} and ${t.paidInterestCents} between 0 and ${t.interestCents} - ${t.forgivenCents} and ${t.paidFeeCents} between 0 and ${t.feeCents} and ${t.forgivenCents} >= 0`,
    ),
  ],
);

/**
 * A penalty for one instalment and one period of lateness, booked once. Its amounts change only when the loan is recomputed, with an audit
 * row.
 */
export const penalties = pgTable(
  'penalties',
  {
    loanId: uuid('loan_id')
      .notNull()
      .references(() => loans.id),
    number: integer('number').notNull(),
    period: integer('period').notNull(),
    chargedOn: date('charged_on', { mode: 'string' }).notNull(),
    /** Days after the due day, and the overdue amount that the penalty is computed from. */
    days: integer('days').notNull(),
    baseCents: cents('base_cents').notNull(),
    amountCents: cents('amount_cents').notNull(),
    paidCents: cents('paid_cents').notNull().default(sql`0`),
    waivedCents: cents('waived_cents').notNull().default(sql`0`),
    recordedAt: at('recorded_at').notNull(),
    /** The day of the digest that explained it to the member. */
    toldOn: date('told_on', { mode: 'string' }),
  },
  (t) => [
    primaryKey({ name: 'penalties_pk', columns: [t.loanId, t.number, t.period] }),
    foreignKey({ name: 'penalties_instalment', columns: [t.loanId, t.number], foreignColumns: [instalments.loanId, instalments.number] }),
    check('penalties_parts', sql`${t.paidCents} >= 0 and ${t.waivedCents} >= 0 and ${t.paidCents} + ${t.waivedCents} <= ${t.amountCents}`),
  ],
);

/**
 * Money received for a loan. `source_id` is the ledger's: the id of a deposit or of a match. `amount_cents` paid the loan, `excess_cents`
 * went to savings; the parts by component are recomputed with the loan, and the ledger follows by correcting transfers.
 */
export const repayments = pgTable(
  'repayments',
  {
    id: id(),
    loanId: uuid('loan_id')
      .notNull()
      .references(() => loans.id),
    depositId: uuid('deposit_id')
      .notNull()
      .references(() => deposits.id),
    sourceId: text('source_id').notNull().unique(),
    amountCents: cents('amount_cents').notNull(),
    excessCents: cents('excess_cents').notNull(),
    penaltyCents: cents('penalty_cents').notNull(),
    feeCents: cents('fee_cents').notNull(),
    interestCents: cents('interest_cents').notNull(),
    principalCents: cents('principal_cents').notNull(),
    settles: boolean('settles').notNull(),
    receivedAt: at('received_at').notNull(),
    bookedAt: at('booked_at').notNull(),
    reversedAt: at('reversed_at'),
    reversedBy: text('reversed_by'),
    reversalNote: encrypted('reversal_note'),
  },
  (t) => [
    index('repayments_loan').on(t.loanId, t.receivedAt),
    check('repayments_whole', sql`${t.amountCents} >= 0 and ${t.excessCents} >= 0 and ${t.amountCents} + ${t.excessCents} > 0`),
    check('repayments_parts', sql`${t.penaltyCents} + ${t.feeCents} + ${t.interestCents} + ${t.principalCents} = ${t.amountCents}`),
  ],
);

const WAIVER_STATES = ['requested', 'approved', 'declined'] as const;

/**
 * A request to waive a penalty or a part of it; another person decides. It counts from the day of its approval. Its penalty may have no row yet: a day's
 * penalties are computed whenever they are read, and written by the nightly run.
 */
export const waivers = pgTable(
  'waivers',
  {
    id: id(),
    loanId: uuid('loan_id')
      .notNull()
      .references(() => loans.id),
    number: integer('number').notNull(),
    period: integer('period').notNull(),
    amountCents: cents('amount_cents').notNull(),
    reason: encrypted('reason').notNull(),
    state: text('state', { enum: WAIVER_STATES }).notNull(),
    requestedBy: text('requested_by').notNull(),
    requestedAt: at('requested_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: at('decided_at'),
  },
  (t) => [
    index('waivers_loan').on(t.loanId),
    foreignKey({ name: 'waivers_instalment', columns: [t.loanId, t.number], foreignColumns: [instalments.loanId, instalments.number] }),
    oneOf('waivers_state', t.state, WAIVER_STATES),
    check('waivers_positive', sql`${t.amountCents} > 0`),
  ],
);
