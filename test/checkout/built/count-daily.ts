import { type SQL, sql } from 'drizzle-orm';
import { openReviewSql } from '../../../src/reviews/open-review.ts';

/** The part of a day's cap that is kept for those we know. */
const KEPT_FOR_KNOWN = 1 / 5;

/** The part of a day's cap that one network may use. */
const NETWORKS_SHARE = 1 / 4;

const dayKey = (what: string, now: Date): SQL =>
  sql`${what} || ':' || (${now.toISOString()}::timestamptz at time zone 'Africa/Nairobi')::date`;

/**
 * Counts one time against a cap for everybody together on one Nairobi day, exact under concurrency; the last fifth is for whom `known` is true, which is looked at only
 * then. Over it, it stops the batch with `daily_cap`. Whoever uses up the first half opens a task.
 */
export const countDailySql = (what: string, { most, known, now }: { most: number; known: SQL; now: Date }): SQL => sql`
  with counted as (
    insert into counters as c (key, count) values (${dayKey(what, now)}, 1)
    on conflict (key) do update set count = c.count + 1
      where c.count < ${most - Math.floor(most * KEPT_FOR_KNOWN)}::int or (c.count < ${most}::int and (${known}))
    returning key, count
  ), ${openReviewSql({
    kind: sql`'daily_limit_half_used'`,
    subject: sql`key`,
    openedAt: now,
    from: sql`counted where count = ${Math.ceil(most / 2)}::int`,
  })}
  select case when exists (select from counted) then true else refuse('daily_cap') end`;

/**
 * Counts one time against a network's share of such a cap: a quarter, so that no network closes the day for the others. Over it, it stops the batch with
 * `too_many_requests`. Nothing is counted where `counts` is false.
 */
export const countShareSql = (
  what: string,
  network: string,
  { most, now, counts = sql`true` }: { most: number; now: Date; counts?: SQL },
): SQL => sql`
  with counted as (
    insert into counters as c (key, count) select ${dayKey(`${what}:${network}`, now)}, 1 where ${counts}
    on conflict (key) do update set count = c.count + 1 where c.count < ${Math.ceil(most * NETWORKS_SHARE)}::int
    returning true
  )
  select case when exists (select from counted) or not (${counts}) then true else refuse('too_many_requests') end`;
