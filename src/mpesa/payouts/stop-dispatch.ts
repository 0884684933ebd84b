import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';

/**
 * Stops the dispatch of payouts, and opens the task that says why, until a person has fixed the cause: more tries would lock our user at
 * Safaricom.
 */
export async function stopDispatch(db: Db, reason: string, now: Date): Promise<void> {
  await db.execute(sql`
  with stopped as (
    insert into stops (name, reason, stopped_at) values ('payouts', ${reason}, ${instantSql(now)})
    on conflict (name) do update set reason = stops.reason -- locks it, so that whoever starts payouts at this moment closes this task too
    returning name
  ), ${openTasksSql({ kind: 'payouts_stopped', subject: reason, openedAt: now, from: sql`stopped` })}
  select`);
}
