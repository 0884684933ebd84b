import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';

/** Says that the alert of an open task goes out, as a statement or a common table expression. */
export const markAlertedSql = (taskId: string, now: Date): SQL => sql`
  update reviews set alerted_at = coalesce(alerted_at, ${instantSql(now)}) where id = ${taskId}::uuid returning id`;

/** Takes some tasks whose alert went out and whose cause is gone by itself since, each once, as a common table expression that yields their ids. */
export const takeClearedSql = (most: number, now: Date): SQL => sql`
  update reviews set cleared_at = ${instantSql(now)} where id = any(array(
    select id from reviews where closed_by = 'malipo' and alerted_at is not null and cleared_at is null order by closed_at limit ${most}::int for update skip locked))
  returning id`;
