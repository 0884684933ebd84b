/** A day in Nairobi, written `2026-11-30`. Days compare as text. */
export type Day = string;

/** East Africa Time: three hours ahead, with no summer time since 1942. */
const OFFSET_MS = 3 * 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The day in Nairobi on which a moment falls. */
export const nairobiDay = (at: Date): Day => new Date(at.getTime() + OFFSET_MS).toISOString().slice(0, 10);

/** The first moment of a day in Nairobi, or the moment `hour` hours after it. */
export const nairobiMoment = (day: Day, hour = 0): Date => new Date(Date.parse(day) - OFFSET_MS + hour * 60 * 60 * 1000);

/** The day so many days later, or earlier. */
export const addDays = (day: Day, days: number): Day => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** The same day of the month so many months later, or the month's last day where it has no such day, as PostgreSQL adds months. */
export function addMonths(day: Day, months: number): Day {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const lastDate = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(date, lastDate))).toISOString().slice(0, 10);
}

/** How many days `to` is after `from`. */
export const daysBetween = (from: Day, to: Day): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);

/** 08:00 in Nairobi: before it nobody is written to. */
export const morningOf = (day: Day): Date => nairobiMoment(day, 8);

/** 20:00 in Nairobi: from it on nobody is written to. */
export const eveningOf = (day: Day): Date => nairobiMoment(day, 20);
