import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';

/** Stops the dispatch of payouts until a person has fixed the cause: more tries would lock our user at Safaricom. */
export async function stopPayouts(db: Db, reason: string, now: Date): Promise<void> {
  await db.execute(
    sql`insert into stops (name, reason, stopped_at) values ('payouts', ${reason}, ${instantSql(now)}) on conflict (name) do nothing`,
  );
  await openTask(db, { kind: 'payouts_stopped', subject: reason, openedAt: now });
}
