import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';

/** The clock strikes each minute; after this long without an end of its work something is wrong. */
const LONGEST_SILENCE_MS = 3 * 60_000;

const QUARTER_MS = 15 * 60_000;

/** The quarter of an hour in which a moment lies, by its beginning. */
const quarterOf = (at: Date): Date => new Date(Math.floor(at.getTime() / QUARTER_MS) * QUARTER_MS);

/** When the next quarter of an hour begins. */
export const nextQuarter = (at: Date): Date => new Date(quarterOf(at).getTime() + QUARTER_MS);

/** Whether what is done once in each quarter of an hour was not done in this one yet, as a value in a statement. */
export const quarterIsDueSql = (now: Date): SQL =>
  sql`coalesce((select quarter_at < ${instantSql(quarterOf(now))} from minute_mark where quarter_at is not null), true)`;

/** Says that a minute has come to its end, as a common table expression; `quarter`: what is done once in each quarter of an hour was done. */
export const markMinuteSql = (now: Date, { quarter, when = sql`true` }: { quarter: boolean; when?: SQL }): SQL => sql`
  insert into minute_mark as m (is_only, ended_at, quarter_at) select true, ${instantSql(now)}, ${instantSql(quarter ? quarterOf(now) : null)} where ${when}
  on conflict (is_only) do update set ended_at = greatest(m.ended_at, excluded.ended_at), quarter_at = greatest(m.quarter_at, excluded.quarter_at)`;

/** When the last minute ended, as a value in a statement; null before the first. */
export const MINUTE_ENDED_AT: SQL = sql`(select ended_at from minute_mark)`;

/** What is wrong with the clock, in words, if anything. */
export function whyClockIsLate(endedAt: Date | null, now: Date): string | undefined {
  if (!endedAt)
    return 'The scheduled function of each minute has not come to its end yet: see docs/operations.md, "The scheduled function".';
  const silence = now.getTime() - endedAt.getTime();
  if (silence <= LONGEST_SILENCE_MS) return undefined;
  return `The scheduled function of each minute last came to its end ${Math.floor(silence / 60_000)} minutes ago: see docs/operations.md, "The scheduled function".`;
}
