import { least, sum } from '#ground/money/cents.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { type Component, inTurn } from './allocation-order.ts';
import { findForgivable } from './amounts-due.ts';
import type { OpenInstalment, OpenLoan } from './charge-penalties.ts';
import {
  type LoanHistory,
  type LoanStanding,
  type StandingRepayment,
  type TakenRepayment,
  unpaidInstalment,
  unpaidInterest,
  unpaidPenalty,
  unpaidPrincipal,
} from './terms.ts';
import { type Received, workOut } from './work-out.ts';

/**
 * Applies a repayment on a day: what it pays first is in allocation-order.ts. A repayment that settles the loan first forgives the interest that the terms allow, then
 * pays all the rest. One marked to settle that no longer covers it, because an earlier repayment was reversed, counts as an ordinary one.
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

/** Money that came for a loan. */
export type CameIn = { id: string; receivedAt: Date } & Received;

/** Splits money at its place in a loan's history: the repayment to keep, what it pays, and how the loan stands with it at the end of a day. */
export function takeMoney(
  history: LoanHistory,
  { id, receivedAt, ...received }: CameIn,
  upTo: Day,
): { repayment: TakenRepayment; paid: StandingRepayment; standing: LoanStanding } {
  let repayment: TakenRepayment = { id, receivedAt, amountCents: 0n, settles: false };
  const standing = workOut({ ...history, repayments: [...history.repayments, repayment] }, upTo, (one, split) => {
    if (one.id === id) repayment = split(received);
    return one.id === id ? repayment : one;
  });
  const paid = standing.repayments.find((one) => one.id === id);
  if (!paid) throw new Error('A repayment was not worked out.');
  return { repayment: { ...repayment, amountCents: repayment.amountCents - paid.leftCents }, paid, standing };
}

/** How much of earlier excess may come back out of savings: told money out of the whole balance, proved money out of its proved part. */
export type Purse = { heldCents: bigint; provedCents: bigint };

/** A repayment with all its money, and whether that is told only. */
export type Whole = { id: string; told: boolean } & Received;

/**
 * Recomputes what each repayment pays after one was reversed or found late, and how the loan stands then; `was` is the history before that. A repayment may take its own
 * excess back as far as `purse` reaches, and gives up to savings what it paid only because of the old history. `shortCents` is what the
 * savings could not give back.
 */
export function takeAnew(
  { was, is }: { was: LoanHistory; is: LoanHistory },
  wholes: readonly Whole[],
  purse: Purse,
  upTo: Day,
): { repayments: TakenRepayment[]; standing: LoanStanding; shortCents: bigint } {
  const before = new Map(retake(was, wholes, upTo, (_, wanted) => wanted).repayments.map((one) => [one.id, one.amountCents]));
  const left = { ...purse };
  let shortCents = 0n;
  const { repayments, standing } = retake(is, wholes, upTo, (one, wanted, { told }) => {
    const moreCents = wanted.amountCents - one.amountCents;
    if (moreCents <= 0n) return before.get(one.id) === one.amountCents ? wanted : one;
    const gotCents = least(moreCents, told ? left.heldCents : left.provedCents);
    left.heldCents -= gotCents;
    if (!told) left.provedCents -= gotCents;
    shortCents += moreCents - gotCents;
    return { ...wanted, amountCents: one.amountCents + gotCents };
  });
  return { repayments, standing, shortCents };
}

/** Goes through a history, and decides about each repayment by what it would pay if it arrived again; those without a known whole stay as they are. */
function retake(
  history: LoanHistory,
  wholes: readonly Whole[],
  upTo: Day,
  decide: (one: TakenRepayment, wanted: TakenRepayment, whole: Whole) => TakenRepayment,
): { repayments: TakenRepayment[]; standing: LoanStanding } {
  const known = new Map(wholes.map((whole) => [whole.id, whole]));
  const repayments: TakenRepayment[] = [];
  const standing = workOut(history, upTo, (one, split) => {
    const whole = known.get(one.id);
    if (!whole) repayments.push(one);
    else {
      const wanted = split(whole);
      const settles = wanted.settles || one.settles; // keep the mark: it has no effect while the money does not cover the loan
      repayments.push(decide(one, { ...wanted, settles }, whole));
    }
    return repayments.at(-1) ?? one;
  });
  return { repayments, standing };
}
