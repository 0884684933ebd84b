import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';

/** Whether a message `o` was given up and waits for a person. */
export const IS_DEAD = sql`(o.dead_at is not null and o.discarded_at is null)`;

/**
 * A statement, or a common table expression, that has a dead letter delivered with tries of its own; it yields its `id`, or nothing. It keeps
 * its id and its key, so what providers and the books know a repeat by stays the same.
 */
export const reviveSql = (id: string, now: Date): SQL => sql`
  update outbox o set dead_at = null, tries = 0, due_at = ${instantSql(now)} where o.id = ${id}::uuid and ${IS_DEAD} returning o.id`;

/** The same for one that is never to be delivered. It stays, and so does its key: nothing promises it again. */
export const discardSql = (id: string, now: Date): SQL => sql`
  update outbox o set discarded_at = ${instantSql(now)} where o.id = ${id}::uuid and ${IS_DEAD} returning o.id`;
