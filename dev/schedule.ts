const MINUTE_MS = 60_000;
const MINUTES_OF_A_DAY = 24 * 60;

/** Whether a schedule such as `15 21 * * *` (in UTC: minute, hour; a star is each) falls on a minute later than `after` and no later than `until`. */
export function fallsBetween(schedule: string, after: Date, until: Date): boolean {
  const [minute = '', hour = '', ...days] = schedule.split(' ');
  if (days.join() !== '*,*,*') throw new Error(`Only times of the day are understood, not the schedule ${schedule}.`);
  const last = Math.floor(until.getTime() / MINUTE_MS);
  const first = Math.max(Math.floor(after.getTime() / MINUTE_MS) + 1, last - MINUTES_OF_A_DAY + 1);
  for (let at = first; at <= last; at++) {
    const moment = new Date(at * MINUTE_MS);
    if (fits(minute, moment.getUTCMinutes()) && fits(hour, moment.getUTCHours())) return true;
  }
  return false;
}

const fits = (field: string, value: number): boolean => field === '*' || Number(field) === value;
