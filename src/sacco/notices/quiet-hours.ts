import { addDays, eveningOf, morningOf, nairobiDay } from '#ground/time/nairobi.ts';

/** The end of the quiet hours (20:00 to 08:00 in Nairobi, 08:00 itself is allowed) when a moment lies within them. */
export function quietUntil(now: Date): Date | undefined {
  const today = nairobiDay(now);
  if (now < morningOf(today)) return morningOf(today);
  return now >= eveningOf(today) ? tomorrowMorning(now) : undefined;
}

/** 08:00 in Nairobi on the day after that of a moment. */
export const tomorrowMorning = (now: Date): Date => morningOf(addDays(nairobiDay(now), 1));
