import { type SQL, sql } from 'drizzle-orm';

/** Counts one time against a cap for everybody together on one Nairobi day, exact under concurrency. Over it, it stops the batch with `daily_cap`. */
export const countDailySql = (what: string, most: number, now: Date): SQL => sql`
  with counted as (
    insert into counters as c (key, count) values (${what} || ':' || (${now.toISOString()}::timestamptz at time zone 'Africa/Nairobi')::date, 1)
    on conflict (key) do update set count = c.count + 1 where c.count < ${most}::int
    returning true
  )
  select case when exists (select from counted) then true else refuse('daily_cap') end`;
