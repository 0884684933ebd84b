import { divideHalfUp, least, sum } from '#ground/money/cents.ts';
import { addDays, addMonths, type Day, daysBetween } from '#ground/time/nairobi.ts';
import {
  type LoanHistory,
  type StandingInstalment,
  type StandingPenalty,
  type Terms,
  unpaidInstalment,
  unpaidInterest,
  unpaidPrincipal,
} from './terms.ts';

/**
 * A loan while it is computed: its instalments in order, each with its penalties and the date of the next one, and the sums of all
 * penalties.
 */
export type OpenLoan = {
  terms: Terms;
  instalments: OpenInstalment[];
  /** All penalties less what was waived, and what is unpaid of them. */
  chargedCents: bigint;
  unpaidPenaltyCents: bigint;
};

/** `due` is the due day as a number; the next penalty would be for period `late`, `days` after it. */
export type OpenInstalment = StandingInstalment & { penalties: StandingPenalty[]; due: number; late: number; days: number };

/** A loan with nothing paid and no penalty charged. */
export function openLoan({ terms, instalments }: LoanHistory): OpenLoan {
  const open = instalments.map((instalment) => ({
    ...{ ...instalment, paidPrincipalCents: 0n, paidInterestCents: 0n, paidFeeCents: 0n, forgivenCents: 0n },
    ...{ penalties: [], due: dayNumber(instalment.dueOn), late: 1, days: daysToPenalty(terms, instalment.dueOn, 1) },
  }));
  return { terms, instalments: open.sort((a, b) => a.number - b.number), chargedCents: 0n, unpaidPenaltyCents: 0n };
}

/** A day as a number: dates are compared thousands of times while a loan is computed. */
const dayNumber = (day: Day): number => daysBetween('1970-01-01', day);

/**
 * How many days after its due day an unpaid instalment is penalised for its first, second, ... period of lateness; infinite for any later period where
 * penalties are charged once.
 */
function daysToPenalty({ period, graceDays, frequency, penalty }: Terms, dueOn: Day, late: number): number {
  if (penalty.kind === 'none' || (frequency === 'once' && late > 1)) return Number.POSITIVE_INFINITY;
  const begins = period === 'week' ? 7 * (late - 1) : daysBetween(dueOn, addMonths(dueOn, late - 1));
  return begins + graceDays + 1;
}

/**
 * Charges the penalties of all dates since the last call up to a day, on what is unpaid now: by date, then by instalment, each within its caps. The nightly run
 * applies the same rule to ten thousand loans in one SQL statement, runs/penalise-chunk.ts: change both.
 */
export function chargePenalties(loan: OpenLoan, upTo: Day): void {
  const { terms, instalments } = loan;
  const principalCents = sum(instalments.map(unpaidPrincipal));
  let date = { on: 0, chargedOn: '', interestCents: 0n };
  for (const { instalment, baseCents, on, period, days } of passedDates(loan, upTo)) {
    if (date.on !== on)
      date = {
        ...{ on, chargedOn: addDays(instalment.dueOn, days) },
        interestCents: sum(instalments.map((one) => (one.due < on ? unpaidInterest(one) : 0n))),
      };
    const amountCents = least(
      penaltyOf(terms, baseCents),
      ...(terms.capCents === null ? [] : [terms.capCents - loan.chargedCents]),
      ...(terms.inDuplum ? [principalCents - date.interestCents - loan.unpaidPenaltyCents] : []),
    );
    if (amountCents <= 0n) continue;
    instalment.penalties.push({
      ...{ number: instalment.number, period, chargedOn: date.chargedOn, days, baseCents },
      ...{ amountCents, paidCents: 0n, waivedCents: 0n },
    });
    loan.chargedCents += amountCents;
    loan.unpaidPenaltyCents += amountCents;
  }
}

function passedDates({ terms, instalments }: OpenLoan, upTo: Day) {
  const dates: { on: number; instalment: OpenInstalment; period: number; days: number; baseCents: bigint }[] = [];
  const today = dayNumber(upTo);
  for (const instalment of instalments) {
    const baseCents = unpaidInstalment(instalment);
    while (baseCents > 0n && instalment.due + instalment.days <= today) {
      dates.push({ on: instalment.due + instalment.days, instalment, period: instalment.late, days: instalment.days, baseCents });
      instalment.late++;
      instalment.days = daysToPenalty(terms, instalment.dueOn, instalment.late);
    }
  }
  return dates.sort((a, b) => a.on - b.on || a.instalment.number - b.instalment.number);
}

/** A penalty before any limit; half a cent rounds up. */
export function penaltyOf({ penalty }: Terms, baseCents: bigint): bigint {
  if (penalty.kind === 'none') return 0n;
  return penalty.kind === 'fixed' ? penalty.amountCents : divideHalfUp(baseCents * BigInt(penalty.basisPoints), 10_000n);
}
