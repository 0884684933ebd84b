import { nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const MOST_DAYS = 62;

/** The words name no moment that the clock can go to; the message says why. */
export class NoMoment extends Error {
  override name = 'NoMoment';
}

/** The later moment that a person means: `+3d`, `+2h`, `+10m`, a day (then it is 09:00) or a day and time in Nairobi. Throws `NoMoment`. */
export function readLaterMoment(words: string, now: Date): Date {
  const moment = readMoment(words.trim(), now);
  if (!moment)
    throw new NoMoment(`Say +3d, +2h, +10m, or a day and time in Nairobi such as 2026-12-01 or "2026-12-01 08:05", not ${words}.`);
  if (moment <= now)
    throw new NoMoment(`It is ${inNairobi(now)} in Nairobi, and the clock goes forward only. \`npm start -- --fresh\` begins anew, today.`);
  if (moment.getTime() - now.getTime() > MOST_DAYS * UNITS.d)
    throw new NoMoment(`At most ${MOST_DAYS} days at a time: each night and morning between is run.`);
  return moment;
}

function readMoment(words: string, now: Date): Date | undefined {
  const [, count, unit] = /^\+(\d{1,6})([mhd])$/.exec(words) ?? [];
  if (count !== undefined) return new Date(now.getTime() + Number(count) * UNITS[unit as keyof typeof UNITS]);
  const [, day, hours = '9', minutes = '0'] = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d):(\d\d))?$/.exec(words) ?? [];
  if (day === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const start = nairobiMoment(day);
  if (Number.isNaN(start.getTime()) || nairobiDay(start) !== day) return undefined;
  return nairobiMoment(day, Number(hours) + Number(minutes) / 60);
}

/** A moment as people in Nairobi write it. */
export const inNairobi = (at: Date): string =>
  `${nairobiDay(at)} ${new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Africa/Nairobi' }).format(at)}`;
