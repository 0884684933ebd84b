import { type SQL, sql } from 'drizzle-orm';
import type { ErrorCode } from '../errors.ts';

/** A limit that slides: at most `most` times within the last `minutes`. */
export type SlidingLimit = { minutes: number; most: number };

/** Counts one time against a key's limits, in one row per key, exact under concurrency. Over a limit it stops the batch with `code`, and nothing is counted. */
export function countSlidingSql(key: string, limits: SlidingLimit[], code: ErrorCode, now: Date): SQL {
  const at = sql`${now.toISOString()}::timestamptz`;
  const within = (minutes: number) => sql`t > ${at} - ${minutes}::int * interval '1 minute'`;
  const longest = Math.max(...limits.map((limit) => limit.minutes));
  const allowed = sql.join(
    limits.map((limit) => sql`count(*) filter (where ${within(limit.minutes)}) < ${limit.most}::int`),
    sql` and `,
  );
  return sql`
  with counted as (
    insert into recent_times as r (key, times) values (${key}, array[${at}])
    on conflict (key) do update set times = array(select t from unnest(r.times) t where ${within(longest)}) || ${at}
    where (select ${allowed} from unnest(r.times) t)
    returning true
  )
  select case when exists (select from counted) then true else refuse(${code}) end`;
}
