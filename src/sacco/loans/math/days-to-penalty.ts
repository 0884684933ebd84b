import { addMonths, type Day, daysBetween } from '#ground/time/nairobi.ts';
import type { Terms } from './terms.ts';

/**
 * How many days after its due day an unpaid instalment is penalised for its first, second, ... period of lateness; never after the first
 * where penalties are charged once.
 */
export function daysToPenalty({ period, graceDays, frequency, penalty }: Terms, dueOn: Day, late: number): number {
  if (penalty.kind === 'none' || (frequency === 'once' && late > 1)) return Number.POSITIVE_INFINITY;
  const begins = period === 'week' ? 7 * (late - 1) : daysBetween(dueOn, addMonths(dueOn, late - 1));
  return begins + graceDays + 1;
}
