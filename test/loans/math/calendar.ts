/** A calendar of its own, without Date: days are counted by walking through years and months. */
const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const lengthOf = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
const write = (year: number, month: number, date: number): string =>
  [year, String(month).padStart(2, '0'), String(date).padStart(2, '0')].join('-');
const read = (day: string): [number, number, number] => {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  return [Number(year), Number(month), Number(date)];
};

/** The next day. */
export function tomorrow(day: string): string {
  const [year, month, date] = read(day);
  if (date < lengthOf(year, month)) return write(year, month, date + 1);
  return month < 12 ? write(year, month + 1, 1) : write(year + 1, 1, 1);
}

/** A day `count` days later. */
export function daysAfter(day: string, count: number): string {
  let at = day;
  for (let left = count; left > 0; left--) at = tomorrow(at);
  return at;
}

/** The same date `count` months later, the last of a month that is too short. */
export function monthsAfter(day: string, count: number): string {
  let [year, month, date] = read(day);
  for (let left = count; left > 0; left--) [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
  return write(year, month, Math.min(date, lengthOf(year, month)));
}

/** The day in Nairobi, three hours ahead of UTC. */
export function dayInNairobi(at: Date): string {
  const day = at.toISOString().slice(0, 10);
  return at.getUTCHours() >= 21 ? tomorrow(day) : day;
}
