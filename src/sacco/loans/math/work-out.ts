import { least } from '#ground/money/cents.ts';
import { type Day, nairobiDay } from '#ground/time/nairobi.ts';
import { taken } from './amounts-due.ts';
import { chargePenalties, type OpenLoan, openLoan } from './charge-penalties.ts';
import { payDown } from './pay-down.ts';
import { type GrantedWaiver, type LoanHistory, type LoanStanding, type TakenRepayment, unpaidInstalment, unpaidPenalty } from './terms.ts';

/** All the money of a repayment, and whether the borrower had asked to settle with it. */
export type Received = { receivedCents: bigint; settlesAsked: boolean };

/** Decides how much of a repayment pays the loan, when its turn comes: what it paid, or another part, such as the one that `split` takes by the terms of all its money. */
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
