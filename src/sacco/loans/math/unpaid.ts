import type { StandingInstalment, StandingPenalty } from './terms.ts';

/** What is owed of the interest of an instalment: forgiven interest is not. */
export const unpaidInterest = (of: StandingInstalment): bigint => of.interestCents - of.paidInterestCents - of.forgivenCents;

/** What is owed of the principal of an instalment. */
export const unpaidPrincipal = (of: StandingInstalment): bigint => of.principalCents - of.paidPrincipalCents;

/** What is owed of an instalment, its penalties aside. */
export const unpaidInstalment = (of: StandingInstalment): bigint =>
  unpaidPrincipal(of) + unpaidInterest(of) + of.feeCents - of.paidFeeCents;

/** What is owed of a penalty. */
export const unpaidPenalty = (of: StandingPenalty): bigint => of.amountCents - of.paidCents - of.waivedCents;
