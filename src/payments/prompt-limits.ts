import { type SQL, sql } from 'drizzle-orm';

/** A limit that slides: at most `most` prompts within the last `minutes`. */
export type SlidingLimit = { minutes: number; most: number };

/** Per phone: three in ten minutes and ten a day, so that nobody's phone is made to ring. */
export const PHONE_LIMITS: SlidingLimit[] = [
  { minutes: 10, most: 3 },
  { minutes: 24 * 60, most: 10 },
];

/** Per client address: twenty an hour, whatever the phones. */
export const ADDRESS_LIMITS: SlidingLimit[] = [{ minutes: 60, most: 20 }];

/** Counts a prompt against a key's limits, in one row per key, exact under concurrency. Over a limit it stops the batch with `code`, and nothing is counted. */
export function countPromptSql(key: string, limits: SlidingLimit[], code: 'too_many_prompts' | 'too_many_requests', now: Date): SQL {
  const at = sql`${now.toISOString()}::timestamptz`;
  const within = (minutes: number) => sql`t > ${at} - ${minutes}::int * interval '1 minute'`;
  const longest = Math.max(...limits.map((limit) => limit.minutes));
  const allowed = sql.join(
    limits.map((limit) => sql`count(*) filter (where ${within(limit.minutes)}) < ${limit.most}::int`),
    sql` and `,
  );
  return sql`
  with counted as (
    insert into prompt_times as p (key, sent_at) values (${key}, array[${at}])
    on conflict (key) do update set sent_at = array(select t from unnest(p.sent_at) t where ${within(longest)}) || ${at}
    where (select ${allowed} from unnest(p.sent_at) t)
    returning true
  )
  select case when exists (select from counted) then true else refuse(${code}) end`;
}

/** Counts a prompt against the cap for all phones on one Nairobi day. Over it, it stops the batch with `daily_cap`. */
export const countDailySql = (promptsPerDay: number, now: Date): SQL => sql`
  with counted as (
    insert into counters as c (key, count) values ('prompts:' || (${now.toISOString()}::timestamptz at time zone 'Africa/Nairobi')::date, 1)
    on conflict (key) do update set count = c.count + 1 where c.count < ${promptsPerDay}::int
    returning true
  )
  select case when exists (select from counted) then true else refuse('daily_cap') end`;
