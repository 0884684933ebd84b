import type { Day } from '#ground/time/nairobi.ts';

/** What a shilling of a repayment can pay. */
export const COMPONENTS = ['penalty', 'fee', 'interest', 'principal'] as const;
export type Component = (typeof COMPONENTS)[number];

/** What happens to a loan that is not paid as agreed, and what a payment pays first. Amounts in cents. */
export type Terms = {
  period: 'week' | 'month';
  graceDays: number;
  penalty: { kind: 'none' } | { kind: 'fixed'; amountCents: bigint } | { kind: 'percent'; basisPoints: number };
  frequency: 'once' | 'per_period';
  /** The most that all penalties of this loan may come to. */
  capCents: bigint | null;
  /** True where unpaid interest and penalties may never grow above the unpaid principal by another penalty. */
  inDuplum: boolean;
  order: readonly Component[];
  excess: 'instalment' | 'full';
  earlySettlement: 'all_interest' | 'interest_to_date';
};

/** What is owed on a day. */
export type Instalment = { number: number; dueOn: Day; principalCents: bigint; interestCents: bigint; feeCents: bigint };

/** Money that the loan has taken. `settles` marks the payment that settles the loan early. */
export type TakenRepayment = { id: string; receivedAt: Date; amountCents: bigint; settles: boolean };

/** A part of a penalty that was let go. */
export type GrantedWaiver = { id: string; grantedAt: Date; number: number; period: number; amountCents: bigint };

/** All that ever happened to a loan since it was disbursed. Events may come in any order. */
export type LoanHistory = {
  terms: Terms;
  instalments: readonly Instalment[];
  repayments: readonly TakenRepayment[];
  waivers: readonly GrantedWaiver[];
};

/** An instalment with what is paid of it, and the interest that an early settlement made needless. */
export type StandingInstalment = Instalment & {
  paidPrincipalCents: bigint;
  paidInterestCents: bigint;
  paidFeeCents: bigint;
  forgivenCents: bigint;
};

/** A penalty with its explanation: `days` after the due day, worked out of the overdue part `baseCents`. */
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

/** What a repayment paid; `leftCents` is what the loan could not take. */
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
