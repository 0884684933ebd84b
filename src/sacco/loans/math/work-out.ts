import { least } from '#ground/money/least.ts';
import { type Day, nairobiDay } from '#ground/time/nairobi.ts';
import { chargePenalties } from './charge-penalties.ts';
import { type OpenLoan, openLoan } from './open-loan.ts';
import { payDown } from './pay-down.ts';
import type { GrantedWaiver, LoanHistory, LoanStanding } from './terms.ts';
import { unpaidInstalment, unpaidPenalty } from './unpaid.ts';

/**
 * How a loan stands at the end of a day, of all that ever happened to it: events in the order of their time, before each the penalties up to its day, after the last those up to `upTo`.
 * All events count, also later ones. The same history gives the same standing, whenever and in whatever order it became known.
 */
export function workOut(history: LoanHistory, upTo: Day): LoanStanding {
  const loan = openLoan(history);
  const repayments: LoanStanding['repayments'] = [];
  const events = [
    ...history.repayments.map((repayment) => ({
      ...{ at: repayment.receivedAt, id: repayment.id },
      apply: (day: Day) => void repayments.push(payDown(loan, repayment, day)),
    })),
    ...history.waivers.map((waiver) => ({ at: waiver.grantedAt, id: waiver.id, apply: () => waive(loan, waiver) })),
  ];
  for (const { at, apply } of events.sort((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1))) {
    const day = nairobiDay(at);
    chargePenalties(loan, day);
    apply(day);
  }
  chargePenalties(loan, upTo);
  return {
    instalments: loan.instalments.map(({ penalties, due, late, days, ...instalment }) => instalment),
    penalties: loan.instalments.flatMap(({ penalties }) => penalties),
    repayments,
  };
}

/** True of a loan of which nothing is owed any more. */
export const isPaid = ({ instalments, penalties }: LoanStanding): boolean =>
  instalments.every((one) => unpaidInstalment(one) === 0n) && penalties.every((one) => unpaidPenalty(one) === 0n);

/** Lets go what is unpaid of a penalty, at most what was granted; nothing of a penalty that is not charged on this history. */
function waive(loan: OpenLoan, { number, period, amountCents }: GrantedWaiver): void {
  const penalty = loan.instalments.find((one) => one.number === number)?.penalties.find((one) => one.period === period);
  if (!penalty) return;
  const waivedCents = least(amountCents, unpaidPenalty(penalty));
  penalty.waivedCents += waivedCents;
  loan.chargedCents -= waivedCents;
  loan.unpaidPenaltyCents -= waivedCents;
}
