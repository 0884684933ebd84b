import { addDays, type Day, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';

const MORNING = 8;
const EVENING = 20;

/** The end of the quiet hours (20:00 to 08:00 in Nairobi, 08:00 itself is allowed) when a moment lies within them. */
export function quietUntil(now: Date): Date | undefined {
  const today = nairobiDay(now);
  if (now < morningOf(today)) return morningOf(today);
  return now >= nairobiMoment(today, EVENING) ? tomorrowMorning(now) : undefined;
}

/** When the message of a day may be said at the earliest. */
export const morningOf = (day: Day): Date => nairobiMoment(day, MORNING);

/** 08:00 in Nairobi on the day after that of a moment. */
export const tomorrowMorning = (now: Date): Date => morningOf(addDays(nairobiDay(now), 1));
