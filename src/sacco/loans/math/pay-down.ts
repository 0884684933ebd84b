import { least, sum } from '#ground/money/cents.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { type Component, inTurn } from './allocation-order.ts';
import { findForgivable } from './amounts-due.ts';
import type { OpenInstalment, OpenLoan } from './charge-penalties.ts';
import { type StandingRepayment, type TakenRepayment, unpaidInstalment, unpaidInterest, unpaidPenalty, unpaidPrincipal } from './terms.ts';

/**
 * Applies a repayment on a day: what it pays first is in allocation-order.ts. A repayment that settles the loan early first forgives the interest that the terms allow,
 * then pays all the rest. One marked as an early settlement that no longer covers it, because an earlier repayment was reversed, counts as an ordinary one.
 */
export function payDown(loan: OpenLoan, { id, amountCents, settles }: TakenRepayment, day: Day): StandingRepayment {
  const { terms, instalments } = loan;
  const forgivable = settles ? findForgivable(instalments, terms, day) : [];
  const settlesEarly =
    settles && amountCents >= loan.unpaidPenaltyCents + sum(instalments.map(unpaidInstalment)) - sum(forgivable.map(unpaidInterest));
  if (settlesEarly) for (const later of forgivable) later.forgivenCents += unpaidInterest(later);
  const paid = { id, penaltyCents: 0n, feeCents: 0n, interestCents: 0n, principalCents: 0n, leftCents: amountCents };
  const pay = (component: Component, instalment: OpenInstalment) => {
    if (paid.leftCents === 0n) return;
    const cents = payComponent(instalment, component, paid.leftCents);
    paid[`${component}Cents`] += cents;
    paid.leftCents -= cents;
  };
  const due = instalments.filter(({ dueOn }) => settlesEarly || dueOn <= day);
  for (const [component, instalment] of inTurn(terms.allocationOrder, due, instalments.slice(due.length))) pay(component, instalment);
  loan.unpaidPenaltyCents -= paid.penaltyCents;
  return paid;
}

/** Pays up to `leftCents` of one component of an instalment; returns what it used. */
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
