import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';

/**
 * Counts a message towards a cap per recipient and Nairobi day, exact under concurrency; a message counts once a day, however often it is
 * tried. Over the cap it stops the batch with `daily_cap`, and nothing is counted.
 */
export function countNoticeSql(to: string, messageId: string, most: number, now: Date): SQL {
  const key = (what: string) => sql`${what} || ':' || (${instantSql(now)} at time zone 'Africa/Nairobi')::date`;
  return sql`
  with first as (
    insert into counters (key, count) values (${key(`notice:${messageId}`)}, 1) on conflict (key) do nothing returning true
  ), counted as (
    insert into counters as c (key, count) select ${key(`notices:${to}`)}, 1 from first
    on conflict (key) do update set count = c.count + 1 where c.count < ${most}::int
    returning true
  )
  select case when exists (select from first) and not exists (select from counted) then refuse('daily_cap') else true end`;
}
