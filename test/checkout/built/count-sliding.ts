import { type SQL, sql } from 'drizzle-orm';
import type { ErrorCode } from '../../../src/errors.ts';

/** A limit that slides: at most `most` times within the last `minutes`. */
export type SlidingLimit = { minutes: number; most: number };

/**
 * Counts one time against a key's limits, in one row per key, exact under concurrency. Over a limit it stops the batch with `code`, and nothing is counted; nor is it
 * where `counts` is false.
 */
export const countSlidingSql = (key: string, limits: SlidingLimit[], code: ErrorCode, now: Date, counts: SQL = sql`true`): SQL => sql`
  with counted as (${slideSql(key, limits, now, counts)})
  select case when exists (select from counted) or not (${counts}) then true else refuse(${code}) end`;

/** The counting alone, as a common table expression: a row if there was room. */
function slideSql(key: string, limits: SlidingLimit[], now: Date, counts: SQL): SQL {
  const at = sql`${now.toISOString()}::timestamptz`;
  const within = (minutes: number) => sql`t > ${at} - ${minutes}::int * interval '1 minute'`;
  const longest = Math.max(...limits.map((limit) => limit.minutes));
  const allowed = sql.join(
    limits.map((limit) => sql`count(*) filter (where ${within(limit.minutes)}) < ${limit.most}::int`),
    sql` and `,
  );
  return sql`
    insert into recent_times as r (key, times) select ${key}, array[${at}] where ${counts}
    on conflict (key) do update set times = array(select t from unnest(r.times) t where ${within(longest)}) || ${at}
    where (select ${allowed} from unnest(r.times) t)
    returning true`;
}
