import type { Day } from '#ground/time/nairobi.ts';
import type { AllocationOrder } from './allocation-order.ts';

/** Penalties, the order in which a payment pays, and early settlement. Amounts in cents. */
export type Terms = {
  period: 'week' | 'month';
  graceDays: number;
  penalty: { kind: 'none' } | { kind: 'fixed'; amountCents: bigint } | { kind: 'percent'; basisPoints: number };
  frequency: 'once' | 'per_period';
  /** Caps the sum of all penalties of this loan. */
  capCents: bigint | null;
  /** Whether no penalty may lift unpaid interest and penalties above the unpaid principal. */
  inDuplum: boolean;
  allocationOrder: AllocationOrder;
  excess: 'instalment' | 'full';
  earlySettlement: 'all_interest' | 'interest_to_date';
};

/** What is owed on a day. */
export type Instalment = { number: number; dueOn: Day; principalCents: bigint; interestCents: bigint; feeCents: bigint };

/** The part of a payment that pays the loan. `settles` marks the one that settles the loan early. */
export type TakenRepayment = { id: string; receivedAt: Date; amountCents: bigint; settles: boolean };

/** An approved waiver of a penalty or a part of it. */
export type GrantedWaiver = { id: string; grantedAt: Date; number: number; period: number; amountCents: bigint };

/** Everything that happened to a loan since it was disbursed, in any order. */
export type LoanHistory = {
  terms: Terms;
  instalments: readonly Instalment[];
  repayments: readonly TakenRepayment[];
  waivers: readonly GrantedWaiver[];
};

/** An instalment with what is paid of it, and the interest that an early settlement forgave. */
export type StandingInstalment = Instalment & {
  paidPrincipalCents: bigint;
  paidInterestCents: bigint;
  paidFeeCents: bigint;
  forgivenCents: bigint;
};

/** A penalty with its explanation: `days` after the due day, computed from the overdue amount `baseCents`. */
export type StandingPenalty = {
  number: number;
  period: number;
  chargedOn: Day;
  days: number;
  baseCents: bigint;
  amountCents: bigint;
  paidCents: bigint;
  waivedCents: bigint;
};

/** What a repayment paid; `leftCents` is the part beyond what was owed. */
export type StandingRepayment = {
  id: string;
  penaltyCents: bigint;
  feeCents: bigint;
  interestCents: bigint;
  principalCents: bigint;
  leftCents: bigint;
};

/** How a loan stands at the end of a day, penalties of that day included. */
export type LoanStanding = {
  instalments: StandingInstalment[];
  penalties: StandingPenalty[];
  repayments: StandingRepayment[];
};

/** What is owed of the interest of an instalment: forgiven interest is not. */
export const unpaidInterest = (of: StandingInstalment): bigint => of.interestCents - of.paidInterestCents - of.forgivenCents;

/** What is owed of the principal of an instalment. */
export const unpaidPrincipal = (of: StandingInstalment): bigint => of.principalCents - of.paidPrincipalCents;

/** What is owed of an instalment, its penalties aside. */
export const unpaidInstalment = (of: StandingInstalment): bigint =>
  unpaidPrincipal(of) + unpaidInterest(of) + of.feeCents - of.paidFeeCents;

/** What is owed of a penalty. */
export const unpaidPenalty = (of: StandingPenalty): bigint => of.amountCents - of.paidCents - of.waivedCents;
