import { addMonths, type Day, daysBetween } from '#ground/time/nairobi.ts';
import type { LoanHistory, StandingInstalment, StandingPenalty, Terms } from './terms.ts';

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

/** A day as a number: dates are compared thousands of times while a loan is worked out. */
export const dayNumber = (day: Day): number => daysBetween('1970-01-01', day);

/**
 * How many days after its due day an unpaid instalment is penalised for its first, second, ... period of lateness; never after the first
 * where penalties are charged once.
 */
export function daysToPenalty({ period, graceDays, frequency, penalty }: Terms, dueOn: Day, late: number): number {
  if (penalty.kind === 'none' || (frequency === 'once' && late > 1)) return Number.POSITIVE_INFINITY;
  const begins = period === 'week' ? 7 * (late - 1) : daysBetween(dueOn, addMonths(dueOn, late - 1));
  return begins + graceDays + 1;
}
