import { addDays, type Day } from '#ground/time/nairobi.ts';

/** Days from the due day to a reminder of it: three before, on the day itself, and one, three and seven late. */
const DAYS_LATE = [-3, 0, 1, 3, 7];
const MONDAY = 1;

/** The due days that are reminded of on a day: each of `days`, and on a Monday everything that fell due up to `upTo`. */
export function remindedDays(on: Day): { days: Day[]; upTo: Day | null } {
  const isMonday = new Date(on).getUTCDay() === MONDAY;
  return { days: DAYS_LATE.map((late) => addDays(on, -late)), upTo: isMonday ? on : null };
}

/** Whether an instalment of which anything is unpaid is to be told on a day. */
export function reminds(dueOn: Day, on: Day): boolean {
  const { days, upTo } = remindedDays(on);
  return days.includes(dueOn) || (upTo !== null && dueOn <= upTo);
}
