import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';

/** The clock strikes each minute; after this long without an end of its work something is wrong. */
const LONGEST_SILENCE_MS = 3 * 60_000;

/** Says that a minute has come to its end, as a common table expression. */
export const markMinuteSql = (now: Date): SQL => sql`
  insert into minute_mark as m (is_only, ended_at) values (true, ${instantSql(now)})
  on conflict (is_only) do update set ended_at = greatest(m.ended_at, excluded.ended_at)`;

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
