import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';

/**
 * Counts one event towards a cap for everybody together per Nairobi day: count-daily.sql has the rule. The last fifth is kept for those
 * with `known`. Over the cap it stops the batch with `daily_cap`.
 */
export const countDailySql = (what: string, { most, known, now }: { most: number; known: SQL; now: Date }): SQL =>
  sql`select count_daily_1(${what}, ${most}::int, ${known}, ${instantSql(now)})`;

/**
 * Counts one event towards a network's share of such a cap. Over it, it stops the batch with `too_many_requests`. Nothing is counted where
 * `counts` is false.
 */
export const countShareSql = (what: string, network: string, { most, now, counts }: { most: number; now: Date; counts: SQL }): SQL =>
  sql`select count_share_1(${what}, ${network}, ${most}::int, ${instantSql(now)}) where ${counts}`;
