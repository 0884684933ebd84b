import { least } from '#ground/money/cents.ts';
import { type Day, nairobiDay } from '#ground/time/nairobi.ts';
import { taken } from './amounts-due.ts';
import { chargePenalties, type OpenLoan, openLoan } from './charge-penalties.ts';
import { payDown } from './pay-down.ts';
import {
  type GrantedWaiver,
  type LoanHistory,
  type LoanStanding,
  type StandingRepayment,
  type TakenRepayment,
  unpaidInstalment,
  unpaidPenalty,
} from './terms.ts';

/** All the money of a repayment, and whether the borrower had asked for early settlement with it. */
export type Received = { receivedCents: bigint; settlesAsked: boolean };

/**
 * Decides, when a repayment's turn comes, how much of it pays the loan: the amount it has, or another one, such as what `split` takes of all its money by the
 * terms.
 */
export type Decide = (repayment: TakenRepayment, split: (received: Received) => TakenRepayment) => TakenRepayment;

/**
 * Computes a loan's standing at the end of a day from its history: events in time order, penalties charged up to the day of each before it
 * applies, and up to `upTo` at the end. Events after `upTo` count too. The same history gives the same standing, in whatever order it
 * became known.
 */
export function workOut(history: LoanHistory, upTo: Day, decide: Decide = (repayment) => repayment): LoanStanding {
  const loan = openLoan(history);
  const repayments: LoanStanding['repayments'] = [];
  const take = (repayment: TakenRepayment, day: Day) => {
    const split = ({ receivedCents, settlesAsked }: Received) => ({
      ...repayment,
      ...taken(standingOf(loan), history.terms, day, receivedCents, settlesAsked),
    });
    repayments.push(payDown(loan, decide(repayment, split), day));
  };
  const events = [
    ...history.repayments.map((repayment) => ({
      ...{ at: repayment.receivedAt, id: repayment.id },
      apply: (day: Day) => take(repayment, day),
    })),
    ...history.waivers.map((waiver) => ({ at: waiver.grantedAt, id: waiver.id, apply: () => waive(loan, waiver) })),
  ];
  for (const { at, apply } of events.sort((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1))) {
    const day = nairobiDay(at);
    chargePenalties(loan, day);
    apply(day);
  }
  chargePenalties(loan, upTo);
  return { ...standingOf(loan), repayments };
}

const standingOf = ({ instalments }: OpenLoan): Pick<LoanStanding, 'instalments' | 'penalties'> => ({
  instalments: instalments.map(({ penalties, due, late, days, ...instalment }) => instalment),
  penalties: instalments.flatMap(({ penalties }) => penalties),
});

/** Whether nothing is owed any more. */
export const isPaid = ({ instalments, penalties }: LoanStanding): boolean =>
  instalments.every((one) => unpaidInstalment(one) === 0n) && penalties.every((one) => unpaidPenalty(one) === 0n);

/** Waives what is unpaid of a penalty, up to what was granted. A penalty that this history does not charge is skipped. */
function waive(loan: OpenLoan, { number, period, amountCents }: GrantedWaiver): void {
  const penalty = loan.instalments.find((one) => one.number === number)?.penalties.find((one) => one.period === period);
  if (!penalty) return;
  const waivedCents = least(amountCents, unpaidPenalty(penalty));
  penalty.waivedCents += waivedCents;
  loan.chargedCents -= waivedCents;
  loan.unpaidPenaltyCents -= waivedCents;
}

/** Money that came for a loan. */
export type CameIn = { id: string; receivedAt: Date } & Received;

/** Splits money at its place in a loan's history. Returns the repayment to write, what it pays, and how the loan then stands at the end of a day. */
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

/** How much earlier excess may come back out of savings: a told repayment's out of the whole balance, a proved one's out of the proved part of it. */
export type Purse = { heldCents: bigint; provedCents: bigint };

/** A repayment with all its money, and whether that is told only. */
export type Whole = { id: string; told: boolean } & Received;

/**
 * Recomputes what each repayment pays after one was reversed or found late, and how the loan stands then; `was` is the history before that. A repayment may
 * take its own excess back as far as `purse` reaches, and what it paid only because of the old history goes to savings. `shortCents` is what the savings could
 * not give back.
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

/** Goes through a history and decides about each repayment by what it would pay if it arrived again; a repayment that is not in `wholes` stays as it is. */
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
