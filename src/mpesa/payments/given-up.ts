import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';

/** How often the minute tries to allocate a deposit before it leaves it to a person. */
export const MOST_TRIES = 3;

/** Whether a deposit `d` was given up: its money is in clearing, and nothing tries to allocate it any more. */
export const GIVEN_UP = sql`(d.allocated_at is null and d.allocation_due_at is null and d.allocation_tries >= ${MOST_TRIES}::int and d.merged_into is null
  and d.refuted_at is null and d.taken_back_at is null and d.held_until is distinct from 'infinity')`;

/** A statement, or a common table expression, that has the minute allocate a deposit that was given up, with tries of its own; it yields its `id`, or nothing. */
export const allocateAgainSql = (depositId: string, now: Date): SQL => sql`
  update deposits d set allocation_tries = 0, allocation_due_at = ${instantSql(now)} where d.id = ${depositId}::uuid and ${GIVEN_UP} returning d.id`;
