const EAST_AFRICA_AHEAD_MS = 3 * 60 * 60 * 1000; // no daylight saving in Kenya

/** A moment as Safaricom writes it: yyyyMMddHHmmss on a clock in Nairobi. */
export function toNairobiTimestamp(at: Date): string {
  return new Date(at.getTime() + EAST_AFRICA_AHEAD_MS).toISOString().replace(/\D/g, '').slice(0, 14);
}

/** The moment that a yyyyMMddHHmmss of a Nairobi clock stands for, or undefined when no such moment exists. */
export function fromNairobiTimestamp(text: string): Date | undefined {
  const parts = /^(2\d{3})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}+03:00`);
  // 31 February parses to a day in March: only a moment that writes back to the same text is real
  return Number.isNaN(at.getTime()) || toNairobiTimestamp(at) !== text ? undefined : at;
}
