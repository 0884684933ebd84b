import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';

/**
 * Counts one event towards a cap that everybody shares per Nairobi day: count-daily.sql has the rule. The last fifth is kept for those who are `known`. Over the
 * cap it stops the batch with `daily_cap`.
 */
export const countDailySql = (what: string, { most, known, now }: { most: number; known: SQL; now: Date }): SQL =>
  sql`select count_daily_1(${what}, ${most}::int, ${known}, ${instantSql(now)})`;

/**
 * Counts one event towards a network's share of such a cap. Over it, it stops the batch with `too_many_requests`. Nothing is counted where
 * `counts` is false.
 */
export const countShareSql = (what: string, network: string, { most, now, counts }: { most: number; now: Date; counts: SQL }): SQL =>
  sql`select count_share_1(${what}, ${network}, ${most}::int, ${instantSql(now)}) where ${counts}`;

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

/**
 * Counts what one person approves alone towards a sum per Nairobi day, in whole shillings, exact under concurrency: an amount for each row that `from` yields, each with
 * another `whose`. Above any sum it stops the batch with `second_person_needed`, and nothing is counted.
 */
export const countAloneSql = (counted: {
  whose: SQL;
  why: 'day' | 'payee';
  most: bigint;
  amountCents: SQL;
  from: SQL;
  now: Date;
}): SQL => sql`
  with wanted as (
    select concat_ws(':', 'alone', ${counted.why}::text, ${counted.whose}, (${instantSql(counted.now)} at time zone 'Africa/Nairobi')::date) as key,
      (${counted.amountCents} + 99) / 100 as shillings
    from ${counted.from}
  ), counted as (
    insert into counters as c (key, count) select key, shillings from wanted where shillings <= ${shillings(counted.most)} order by key
    on conflict (key) do update set count = c.count + excluded.count where c.count + excluded.count <= ${shillings(counted.most)}
    returning true
  )
  select case when (select count(*) from counted) < (select count(*) from wanted)
    then refuse('second_person_needed', jsonb_build_object('why', ${counted.why}::text)) else true end`;

const shillings = (cents: bigint): SQL => sql`${(cents / 100n).toString()}::int`;
