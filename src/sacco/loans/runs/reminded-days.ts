import { addDays, type Day } from '#ground/time/nairobi.ts';

/** How many days after its due day a borrower is reminded of an instalment. */
const DAYS_LATE = [-3, 0, 1, 3, 7];
const MONDAY = 1;

/** The due days to remind of on a day: each of `days`, and on a Monday everything due up to `upTo`. */
export function remindedDays(on: Day): { days: Day[]; upTo: Day | null } {
  const isMonday = new Date(on).getUTCDay() === MONDAY;
  return { days: DAYS_LATE.map((late) => addDays(on, -late)), upTo: isMonday ? on : null };
}

/** Whether an unpaid instalment is reminded of on a day. */
export function reminds(dueOn: Day, on: Day): boolean {
  const { days, upTo } = remindedDays(on);
  return days.includes(dueOn) || (upTo !== null && dueOn <= upTo);
}
