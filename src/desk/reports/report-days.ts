import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { addDays, type Day, daysBetween, nairobiDay } from '#ground/time/nairobi.ts';
import type { FIGURES } from './counts.schema.ts';

const MOST_DAYS = 400;
const USUAL_DAYS = 30;

/** The days of a report, in Nairobi, `to` included; without them the last thirty. */
export const DaysInput = z.strictObject({
  from: z.iso.date('A day, written 2026-11-01.').optional(),
  to: z.iso.date('A day, written 2026-11-30.').optional(),
  format: z.enum(['json', 'csv']).default('json'),
});
export type DaysInput = z.output<typeof DaysInput>;

export type Days = { from: Day; to: Day };

/** The days that were asked for. Throws `invalid_input` where they are none, or too many. */
export function daysAsked({ from: first, to: last }: Pick<DaysInput, 'from' | 'to'>, now: Date): Days {
  const to = last ?? nairobiDay(now);
  const from = first ?? addDays(to, 1 - USUAL_DAYS);
  if (from > to) throw new AppError('invalid_input', 'from is after to.');
  if (daysBetween(from, to) >= MOST_DAYS) throw new AppError('invalid_input', `At most ${MOST_DAYS} days at a time: ask for a later from.`);
  return { from, to };
}

/** How many there are of a key on a day, and how many cents they are. */
export const Count = z.object({ day: z.string(), figure: z.string(), key: z.string(), many: z.number(), cents: bigintText });
export type Count = z.output<typeof Count>;

/** The counts of some days, as a statement or a part of one: rows of `Count`. What each figure counts stands in counted.sql. */
export const countsSql = (figures: readonly (typeof FIGURES)[number][], { from, to }: Days): SQL => sql`
  select c.day::text as day, c.figure, k.key, (k.value ->> 0)::int as many, (k.value ->> 1)::bigint as cents
  from day_counts c cross join lateral jsonb_each(c.counts) k
  where c.figure = any(${sql.param(figures)}::text[]) and c.day between ${from}::date and ${to}::date`;

/** The rows of each day on which there is something, in order. */
export function byDay<Row extends { day: string }>(rows: readonly Row[]): { on: Day; rows: Row[] }[] {
  const days = Map.groupBy(rows, ({ day }) => day);
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([on, of]) => ({ on, rows: of }));
}

/** How many there are in all of the keys that `of` says. */
export const manyOf = (counts: readonly Count[], figure: Count['figure'], of: (key: string) => boolean = () => true): number =>
  counts.filter((count) => count.figure === figure && of(count.key)).reduce((sum, { many }) => sum + many, 0);

/** How many cents they are. */
export const centsOf = (counts: readonly Count[], figure: Count['figure'], of: (key: string) => boolean = () => true): bigint =>
  counts.filter((count) => count.figure === figure && of(count.key)).reduce((sum, { cents }) => sum + cents, 0n);

/** A share in percent with two decimals, rounded down; null where there is nothing to have a share of. */
export const percent = (part: number, whole: number): number | null => (whole === 0 ? null : Math.floor((part * 10_000) / whole) / 100);
