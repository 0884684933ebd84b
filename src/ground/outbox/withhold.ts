import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';

/**
 * A statement, or a common table expression, that keeps promised messages from being sent, as if they had been: `enqueueAgain` has one sent after all. `keys` yields
 * their keys.
 */
export const withholdSql = (keys: SQL, now: Date): SQL => sql`
  update outbox set sent_at = ${instantSql(now)} where dedupe_key in (${keys}) and sent_at is null and dead_at is null`;
