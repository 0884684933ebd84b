import { fromNairobiTimestamp } from './nairobi-timestamp.ts';

/**
 * A moment in any of the forms Safaricom writes: yyyyMMddHHmmss, dd.MM.yyyy HH:mm:ss and yyyy-MM-dd HH:mm:ss on a clock in Nairobi, or
 * on that of UTC where the text says so (UTC, Z). Undefined when no such moment exists.
 */
export function readMoment(text: string): Date | undefined {
  const parts = /^(\d{14}|\d{2}\.\d{2}\.\d{4} \d{2}:\d{2}:\d{2}|\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})(?:\.\d{1,6})?( ?UTC|Z)?$/.exec(
    text.trim(),
  );
  const [, clock, utc] = parts ?? [];
  if (!clock) return undefined;
  const digits = clock.replace(/^(\d{2})\.(\d{2})\.(\d{4})/, '$3$2$1').replace(/\D/g, '');
  const inNairobi = fromNairobiTimestamp(digits);
  return inNairobi && utc ? new Date(inNairobi.getTime() + 3 * 60 * 60 * 1000) : inNairobi;
}
