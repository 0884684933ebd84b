import type { Day } from '#ground/time/nairobi.ts';
import type { AllocationOrder } from './allocation-order.ts';

/** The states of a loan. Being in arrears is not one of them: it is read from the instalments. */
export const LOAN_STATES = ['submitted', 'approved', 'rejected', 'withdrawn', 'disbursing', 'active', 'closed'] as const;

export const METHODS = ['flat', 'reducing'] as const;
export const PERIODS = ['week', 'month'] as const;
export const FEE_CHARGED = ['deducted', 'instalments'] as const;
export const PENALTY_KINDS = ['none', 'fixed', 'percent'] as const;
export const PENALTY_FREQUENCIES = ['once', 'per_period'] as const;
export const EXCESS = ['instalment', 'full'] as const;
export const EARLY_SETTLEMENTS = ['all_interest', 'interest_to_date'] as const;

/**
 * The terms of a loan, as its product has them: every other type of terms is derived from this list. Rates and shares are basis points (100 are 1 %), the
 * interest for one instalment period. loans.schema.ts keeps them, product-input.ts reads them in shillings and percent, describe-terms.ts says them in
 * sentences.
 */
export type ProductTerms = {
  method: (typeof METHODS)[number];
  period: (typeof PERIODS)[number];
  instalments: number;
  interestBasisPoints: number;
  feeCents: bigint;
  feeBasisPoints: number;
  feeCharged: (typeof FEE_CHARGED)[number];
  graceDays: number;
  penaltyKind: (typeof PENALTY_KINDS)[number];
  penaltyCents: bigint;
  penaltyBasisPoints: number;
  penaltyFrequency: (typeof PENALTY_FREQUENCIES)[number];
  /** Caps the sum of a loan's penalties, as a share of its principal; null: no cap. */
  penaltyCapBasisPoints: number | null;
  /** Whether no penalty may lift unpaid interest and penalties above the unpaid principal. */
  inDuplum: boolean;
  allocationOrder: AllocationOrder;
  /** What a payment above the amount due does: `instalment` pays what is due and saves the rest, `full` pays the loan down. */
  excess: (typeof EXCESS)[number];
  earlySettlement: (typeof EARLY_SETTLEMENTS)[number];
};

/** The terms of a disbursed loan, in amounts for its own principal: penalties, the order in which a payment pays, and early settlement. */
export type Terms = Pick<ProductTerms, 'period' | 'graceDays' | 'inDuplum' | 'allocationOrder' | 'excess' | 'earlySettlement'> & {
  penalty: { kind: 'none' } | { kind: 'fixed'; amountCents: bigint } | { kind: 'percent'; basisPoints: number };
  frequency: ProductTerms['penaltyFrequency'];
  /** Caps the sum of all penalties of this loan. */
  capCents: bigint | null;
};

/** The terms of a product that still apply once a loan is disbursed. */
export type LendingTerms = Omit<
  ProductTerms,
  'method' | 'instalments' | 'interestBasisPoints' | 'feeCents' | 'feeBasisPoints' | 'feeCharged'
>;

/** A product's terms for a loan of this principal. */
export function termsOf(product: LendingTerms, principalCents: bigint): Terms {
  const { period, graceDays, penaltyFrequency, penaltyCapBasisPoints, inDuplum, allocationOrder, excess, earlySettlement } = product;
  return {
    ...{ period, graceDays, inDuplum, excess, earlySettlement, allocationOrder, frequency: penaltyFrequency },
    penalty: penaltyTerm(product),
    capCents: penaltyCapBasisPoints === null ? null : (principalCents * BigInt(penaltyCapBasisPoints)) / 10_000n,
  };
}

type PenaltyTerm = Pick<ProductTerms, 'penaltyKind' | 'penaltyCents' | 'penaltyBasisPoints'>;

function penaltyTerm({ penaltyKind, penaltyCents, penaltyBasisPoints }: PenaltyTerm): Terms['penalty'] {
  if (penaltyKind === 'fixed') return { kind: 'fixed', amountCents: penaltyCents };
  return penaltyKind === 'percent' ? { kind: 'percent', basisPoints: penaltyBasisPoints } : { kind: 'none' };
}

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

/** The unpaid interest of an instalment; forgiven interest is not owed. */
export const unpaidInterest = (of: StandingInstalment): bigint => of.interestCents - of.paidInterestCents - of.forgivenCents;

/** The unpaid principal of an instalment. */
export const unpaidPrincipal = (of: StandingInstalment): bigint => of.principalCents - of.paidPrincipalCents;

/** What is owed of an instalment, without its penalties. */
export const unpaidInstalment = (of: StandingInstalment): bigint =>
  unpaidPrincipal(of) + unpaidInterest(of) + of.feeCents - of.paidFeeCents;

/** What is owed of a penalty. */
export const unpaidPenalty = (of: StandingPenalty): bigint => of.amountCents - of.paidCents - of.waivedCents;
