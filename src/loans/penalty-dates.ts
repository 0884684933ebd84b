import { addDays, addMonths, type Day, daysBetween } from '../time/nairobi.ts';
import type { Terms } from './terms.ts';

/** When an instalment costs a penalty if it is not paid by then: `days` after the day it was due. */
export type PenaltyDate = { period: number; on: Day; days: number };

/** The penalty date of an instalment for its first, second, ... period of being late; none after the first where a penalty is charged once. */
export function penaltyDate({ period, graceDays, frequency, penalty }: Terms, dueOn: Day, late: number): PenaltyDate | undefined {
  if (penalty.kind === 'none' || (frequency === 'once' && late > 1)) return undefined;
  const start = period === 'week' ? 7 * (late - 1) : daysBetween(dueOn, addMonths(dueOn, late - 1));
  const days = start + graceDays + 1;
  return { period: late, on: addDays(dueOn, days), days };
}
