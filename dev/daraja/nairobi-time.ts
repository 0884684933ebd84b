const NAIROBI_OFFSET_MS = 3 * 3_600_000;
const two = (n: number) => String(n).padStart(2, '0');

/** The parts of a moment as a clock in Nairobi shows them (UTC+3, no summer time); `month` is 1 to 12. */
export function nairobiParts(moment: Date) {
  const shifted = new Date(moment.getTime() + NAIROBI_OFFSET_MS);
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    millisecond: shifted.getUTCMilliseconds(),
  };
}

/** yyyyMMddHHmmss, as in Timestamp and TransactionDate. */
export function nairobiTimestamp(moment: Date): string {
  const { year, month, day, hour, minute, second } = nairobiParts(moment);
  return `${year}${two(month)}${two(day)}${two(hour)}${two(minute)}${two(second)}`;
}

/** ddMMyyyyHHmmss and a tenth of a second, as inside a CheckoutRequestID. */
export function nairobiCheckoutTime(moment: Date): string {
  const { year, month, day, hour, minute, second, millisecond } = nairobiParts(moment);
  return `${two(day)}${two(month)}${year}${two(hour)}${two(minute)}${two(second)}${Math.floor(millisecond / 100)}`;
}

/** dd.MM.yyyy HH:mm:ss, as in the result of a payout. */
export function nairobiResultTime(moment: Date): string {
  const { year, month, day, hour, minute, second } = nairobiParts(moment);
  return `${two(day)}.${two(month)}.${year} ${two(hour)}:${two(minute)}:${two(second)}`;
}

/** "21/11/26 at 3:05 PM", as M-PESA's messages to customers put it. */
export function nairobiMessageTime(moment: Date): string {
  const { year, month, day, hour, minute } = nairobiParts(moment);
  return `${day}/${month}/${two(year % 100)} at ${hour % 12 || 12}:${two(minute)} ${hour < 12 ? 'AM' : 'PM'}`;
}

/** yyyy-MM-dd, to tell one customer's day from the next. */
export const nairobiDay = (moment: Date): string => new Date(moment.getTime() + NAIROBI_OFFSET_MS).toISOString().slice(0, 10);

/** The moment that "yyyy-MM-dd HH:mm:ss" names in Nairobi, or null where it names none. */
export function nairobiMoment(text: string): Date | null {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return null;
  const moment = new Date(`${text.replace(' ', 'T')}+03:00`);
  return Number.isNaN(moment.getTime()) ? null : moment;
}
