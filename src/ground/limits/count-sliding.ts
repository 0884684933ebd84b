import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';
import type { Db, Tx } from '../db/types.ts';
import type { ErrorCode } from '../errors.ts';

/** A sliding limit: at most `most` times within the last `minutes`. */
export type SlidingLimit = { minutes: number; most: number };

/**
 * Counts one event towards a key's limits: count-sliding.sql has the rule. Over a limit it stops the batch with `code`, and nothing is
 * counted. Nothing is counted where `counts` is false.
 */
export const countSlidingSql = (key: string, limits: SlidingLimit[], code: ErrorCode, now: Date, counts: SQL = sql`true`): SQL =>
  sql`select count_sliding_1(${key}, ${JSON.stringify(limits)}::jsonb, ${code}, ${instantSql(now)}) where ${counts}`;

/** Removes the newest time of a key, as a common table expression. */
export const giveBackSql = (key: string, when: SQL): SQL =>
  sql`update recent_times set times = times[1:cardinality(times) - 1] where key = ${key} and ${when}`;

/** Forgets all times of these keys, and of those that begin with `prefix`. False where there were none. */
export async function forgetTimes(db: Db | Tx, { keys, prefix }: { keys: string[]; prefix: string }): Promise<boolean> {
  const { rowCount } = await db.execute(
    sql`delete from recent_times where key = any(${sql.param(keys)}::text[]) or starts_with(key, ${prefix})`,
  );
  return (rowCount ?? 0) > 0;
}

/** `countSlidingSql` as a common table expression that stops nothing: it yields a row if there was room. */
export function slideSql(key: string, limits: SlidingLimit[], now: Date, counts: SQL): SQL {
  const at = instantSql(now);
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
