import { divideHalfUp } from '../money/divide-half-up.ts';
import { least } from '../money/least.ts';
import type { Day } from '../time/nairobi.ts';
import { type PenaltyDate, penaltyDate } from './penalty-dates.ts';
import type { StandingInstalment, StandingPenalty, Terms } from './terms.ts';
import { unpaidInstalment, unpaidInterest, unpaidPrincipal } from './unpaid.ts';

/** A loan while it is worked out: its instalments in their order, each with its penalties and the date of the next, and what the penalties come to. */
export type OpenLoan = {
  terms: Terms;
  instalments: OpenInstalment[];
  /** All penalties without what was waived, and what is unpaid of them. */
  chargedCents: bigint;
  unpaidPenaltyCents: bigint;
};

export type OpenInstalment = StandingInstalment & { penalties: StandingPenalty[]; next: PenaltyDate | undefined };

/** Charges the penalties of all dates up to a day that were not looked at yet, on what is unpaid now: by date, then by instalment. */
export function chargePenalties(loan: OpenLoan, upTo: Day): void {
  const { terms, instalments } = loan;
  const principalCents = sum(instalments, unpaidPrincipal);
  let interest = { on: '', cents: 0n };
  for (const { instalment, baseCents, on, ...late } of passedDates(loan, upTo)) {
    if (interest.on !== on) interest = { on, cents: sum(instalments, (one) => (one.dueOn < on ? unpaidInterest(one) : 0n)) };
    const amountCents = least(
      penaltyOf(terms, baseCents),
      ...(terms.capCents === null ? [] : [terms.capCents - loan.chargedCents]),
      ...(terms.inDuplum ? [principalCents - interest.cents - loan.unpaidPenaltyCents] : []),
    );
    if (amountCents <= 0n) continue;
    instalment.penalties.push({
      ...{ number: instalment.number, ...late, chargedOn: on, baseCents },
      ...{ amountCents, paidCents: 0n, waivedCents: 0n },
    });
    loan.chargedCents += amountCents;
    loan.unpaidPenaltyCents += amountCents;
  }
}

function passedDates({ terms, instalments }: OpenLoan, upTo: Day) {
  const dates: (PenaltyDate & { instalment: OpenInstalment; baseCents: bigint })[] = [];
  for (const instalment of instalments) {
    const baseCents = unpaidInstalment(instalment);
    if (baseCents === 0n) continue;
    for (
      ;
      instalment.next && instalment.next.on <= upTo;
      instalment.next = penaltyDate(terms, instalment.dueOn, instalment.next.period + 1)
    )
      dates.push({ ...instalment.next, instalment, baseCents });
  }
  return dates.sort((a, b) => (a.on === b.on ? a.instalment.number - b.instalment.number : a.on < b.on ? -1 : 1));
}

/** A penalty before any limit; half a cent rounds up. */
export function penaltyOf({ penalty }: Terms, baseCents: bigint): bigint {
  if (penalty.kind === 'none') return 0n;
  return penalty.kind === 'fixed' ? penalty.amountCents : divideHalfUp(baseCents * BigInt(penalty.basisPoints), 10_000n);
}

const sum = <T>(of: readonly T[], cents: (one: T) => bigint): bigint => of.reduce((total, one) => total + cents(one), 0n);
