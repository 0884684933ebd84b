import { least, sum } from '#ground/money/cents.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { type LoanStanding, type StandingInstalment, type Terms, unpaidInstalment, unpaidInterest, unpaidPenalty } from './terms.ts';

/** What a borrower owes: `dueNowCents` are penalties and instalments that are due, `settlementCents` closes the loan today, by early settlement. */
export type AmountsDue = {
  dueNowCents: bigint;
  /** The first instalment that is neither due nor paid. */
  next: { number: number; dueOn: Day; unpaidCents: bigint } | undefined;
  outstandingCents: bigint;
  settlementCents: bigint;
};

type Standing = Pick<LoanStanding, 'instalments' | 'penalties'>;

/** What is owed on a day, by the loan's standing computed for that day. */
export function amountsDue({ instalments, penalties }: Standing, terms: Terms, day: Day): AmountsDue {
  const penaltyCents = sum(penalties.map(unpaidPenalty));
  const next = instalments.find((instalment) => instalment.dueOn > day && unpaidInstalment(instalment) > 0n);
  const outstandingCents = penaltyCents + sum(instalments.map(unpaidInstalment));
  return {
    dueNowCents: penaltyCents + sum(instalments.filter(({ dueOn }) => dueOn <= day).map(unpaidInstalment)),
    next: next && { number: next.number, dueOn: next.dueOn, unpaidCents: unpaidInstalment(next) },
    outstandingCents,
    settlementCents: outstandingCents - sum(findForgivable(instalments, terms, day).map(unpaidInterest)),
  };
}

/**
 * How much of new money pays the loan, and whether it settles the loan early. It does when it covers the early settlement and the terms say `full` or the
 * borrower asked for it. Otherwise it pays at most, under `full`, all that is owed; under `instalment`, what is due, or the next instalment when nothing is
 * due.
 */
export function taken(
  standing: Standing,
  terms: Terms,
  day: Day,
  amountCents: bigint,
  settlesAsked: boolean,
): { amountCents: bigint; settles: boolean } {
  const { dueNowCents, next, outstandingCents, settlementCents } = amountsDue(standing, terms, day);
  if ((settlesAsked || terms.excess === 'full') && amountCents >= settlementCents)
    return { amountCents: settlementCents, settles: outstandingCents > dueNowCents };
  const mostCents = terms.excess === 'full' ? outstandingCents : dueNowCents || (next?.unpaidCents ?? 0n);
  return { amountCents: least(amountCents, mostCents), settles: false };
}

/**
 * The instalments whose interest an early settlement on a day forgives: those whose period has not begun, which are all after the first one
 * due on that day or later. None where the terms charge all interest.
 */
export function findForgivable<T extends StandingInstalment>(instalments: readonly T[], terms: Terms, day: Day): T[] {
  if (terms.earlySettlement === 'all_interest') return [];
  const current = instalments.find(({ dueOn }) => dueOn >= day);
  return current ? instalments.filter(({ number }) => number > current.number) : [];
}
