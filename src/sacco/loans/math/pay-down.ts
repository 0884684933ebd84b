import { least } from '#ground/money/least.ts';
import { sum } from '#ground/money/sum.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { findForgivable } from './find-forgivable.ts';
import type { OpenInstalment, OpenLoan } from './open-loan.ts';
import type { Component, StandingRepayment, TakenRepayment } from './terms.ts';
import { unpaidInstalment, unpaidInterest, unpaidPenalty, unpaidPrincipal } from './unpaid.ts';

/**
 * Lets a repayment pay on a day: component by component what is due, the oldest instalment first, then one instalment after the other what is not due yet. When it settles the loan,
 * interest that the terms do not ask for is forgiven first, and all the rest is due. What was to settle it and does not cover that, because a repayment before it was taken back, is a
 * repayment like others.
 */
export function payDown(loan: OpenLoan, { id, amountCents, settles }: TakenRepayment, day: Day): StandingRepayment {
  const { terms, instalments } = loan;
  const forgivable = settles ? findForgivable(instalments, terms, day) : [];
  const settled =
    settles && amountCents >= loan.unpaidPenaltyCents + sum(instalments.map(unpaidInstalment)) - sum(forgivable.map(unpaidInterest));
  if (settled) for (const later of forgivable) later.forgivenCents += unpaidInterest(later);
  const paid = { id, penaltyCents: 0n, feeCents: 0n, interestCents: 0n, principalCents: 0n, leftCents: amountCents };
  const pay = (component: Component, instalment: OpenInstalment) => {
    if (paid.leftCents === 0n) return;
    const cents = payComponent(instalment, component, paid.leftCents);
    paid[`${component}Cents`] += cents;
    paid.leftCents -= cents;
  };
  const due = instalments.filter(({ dueOn }) => settled || dueOn <= day);
  for (const component of terms.order) for (const instalment of due) pay(component, instalment);
  for (const instalment of instalments.slice(due.length)) for (const component of terms.order) pay(component, instalment);
  loan.unpaidPenaltyCents -= paid.penaltyCents;
  return paid;
}

/** Pays at most some cents of one component of an instalment; says how much it took. */
function payComponent(instalment: OpenInstalment, component: Component, leftCents: bigint): bigint {
  if (component === 'penalty') {
    let cents = 0n;
    for (const penalty of instalment.penalties) {
      const part = least(unpaidPenalty(penalty), leftCents - cents);
      penalty.paidCents += part;
      cents += part;
    }
    return cents;
  }
  if (component === 'fee') {
    const cents = least(instalment.feeCents - instalment.paidFeeCents, leftCents);
    instalment.paidFeeCents += cents;
    return cents;
  }
  if (component === 'interest') {
    const cents = least(unpaidInterest(instalment), leftCents);
    instalment.paidInterestCents += cents;
    return cents;
  }
  const cents = least(unpaidPrincipal(instalment), leftCents);
  instalment.paidPrincipalCents += cents;
  return cents;
}
