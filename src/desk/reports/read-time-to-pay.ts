import type * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { readRows } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { byDay, Count, countsSql, type DaysInput, daysAsked, manyOf } from './report-days.ts';

/** How wide a bucket of `seconds` is (counted.sql): a time differs from the middle of its bucket by 2.5 % at most. */
const WIDTH = 1.05;

const DEFINITION =
  "From the prompt to M-PESA's own time of the payment, in seconds, by the day of that time. Half of the payments took at most the median, 95 in a hundred at most `p95Seconds`. " +
  'Each time is known to 2.5 %, and M-PESA names whole seconds.';

const COLUMNS = ['on', 'payments', 'medianSeconds', 'p95Seconds'];

/** For each day in Nairobi how long customers took from the prompt to the payment. Throws `invalid_input`. */
export async function readTimeToPay({ db, clock }: Pick<App, 'db' | 'clock'>, { format, ...asked }: z.output<typeof DaysInput>) {
  const { from, to } = daysAsked(asked, clock.now());
  const counts = await readRows(db, Count, countsSql(['seconds'], { from, to }));
  const days = byDay(counts).map(({ on, rows }) => ({ on, ...timesToPay(rows) }));
  if (format === 'csv') return new Sheet(`time-to-pay-${from}-${to}.csv`, COLUMNS, days);
  return { from, to, definition: DEFINITION, days, total: timesToPay(counts) };
}

/** How many payments came after a prompt, and after how long. */
export const timesToPay = (counts: readonly Count[]) => ({
  payments: manyOf(counts, 'seconds'),
  ...{ medianSeconds: secondsAt(counts, 0.5), p95Seconds: secondsAt(counts, 0.95) },
});

/** The time that a share of the payments did not exceed; null where there are none. */
export function secondsAt(counts: readonly Count[], share: number): number | null {
  const buckets = counts.filter(({ figure }) => figure === 'seconds').map(({ key, many }) => ({ bucket: Number(key), many }));
  buckets.sort((a, b) => a.bucket - b.bucket);
  let left = Math.ceil(share * manyOf(counts, 'seconds'));
  for (const { bucket, many } of buckets) {
    left -= many;
    if (left <= 0) return Math.round(10 * WIDTH ** bucket) / 10;
  }
  return null;
}
