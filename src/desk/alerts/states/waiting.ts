import { type SQL, sql } from 'drizzle-orm';
import type { Config } from '#ground/config/config.ts';
import { waysToProve } from '#ground/config/ways-to-prove.ts';
import { IS_DEAD } from '#ground/outbox/dead-letters.ts';

/** So many rows are looked at, so that a minute costs the same however much waits. */
const MOST = 5_000;

/**
 * Told money of a short code that is old and much. Old is a day; where a statement alone proves it, which comes once a week, eight days.
 */
export function toldMoneyWaitsSql(config: Config, at: SQL): SQL {
  const days = waysToProve(config).length > 1 ? 1 : 8;
  return sql`
    select 'told_money_waits'::text, shortcode, format('KES %s in %s payments, the oldest of %s.', to_char(sum(amount_cents) / 100, 'FM999,999,999,990'), count(*),
        to_char(min(moved_at) at time zone 'Africa/Nairobi', 'YYYY-MM-DD HH24:MI')),
      sum(amount_cents) > ${config.alerts.toldCents.toString()}::bigint, null::timestamptz
    from (select shortcode, amount_cents, moved_at from deposits
      where confirmed_at is null and merged_into is null and refuted_at is null and taken_back_at is null and shortcode is not null
        and moved_at < ${at} - ${days}::int * interval '1 day' and settled_at < ${at} - ${days}::int * interval '1 day'
      limit ${MOST}) told
    group by shortcode having sum(amount_cents) > ${(config.alerts.toldCents / 2n).toString()}::bigint`;
}

const MANY_DEAD = 10;

/** Many messages were given up within an hour. It is over when an hour passes without one. */
export const deadLettersGrowingSql = (_config: Config, at: SQL): SQL => sql`
  select 'dead_letters_growing', 'outbox', format('%s messages were given up within an hour.', count(*)), count(*) >= ${MANY_DEAD}::int, null
  from (select from outbox o where ${IS_DEAD} and o.dead_at > ${at} - interval '1 hour' limit 1000) dead having count(*) > 0`;
