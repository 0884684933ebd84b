import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { reasonOf } from '#ground/log.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import type { App } from '../wiring/app.ts';
import { allocate } from './allocate.ts';
import { MOST_TRIES } from './given-up.ts';

const BATCH = 100;
const AT_ONCE = 4;

/**
 * Allocates every waiting deposit, oldest first, until none is due or `deadline` has come. One that fails three times becomes a task for a
 * person, which says why.
 */
export async function allocateWaiting(app: App, deadline: Date): Promise<{ allocated: number; failed: number }> {
  const done = { allocated: 0, failed: 0 };
  while (app.clock.now() < deadline) {
    const due = await claimDue(app);
    const queue = [...due];
    const work = async () => {
      for (let deposit = queue.shift(); deposit; deposit = queue.shift()) {
        try {
          if (!['held', 'nothing to do'].includes(await allocate(app, deposit.id))) done.allocated += 1;
        } catch (error) {
          done.failed += 1;
          app.log.error('allocation_failed', error, { depositId: deposit.id, tries: deposit.tries });
          if (deposit.tries >= MOST_TRIES) await giveUp(app, deposit.id, reasonOf(error));
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (due.length < BATCH) break;
  }
  return done;
}

/** The new due time is both the lease and the back-off: 1, 2, 4 minutes. */
const claimDue = (app: App) =>
  readRows(
    app.db,
    z.object({ id: z.uuid(), tries: z.number() }),
    sql`
    update deposits set allocation_tries = allocation_tries + 1,
      allocation_due_at = ${instantSql(app.clock.now())} + interval '1 minute' * power(2, allocation_tries)
    where id = any(array(
      select id from deposits where allocated_at is null and merged_into is null and allocation_due_at <= ${instantSql(app.clock.now())}
      order by allocation_due_at limit ${BATCH} for update skip locked))
    returning id, allocation_tries as tries`,
  );

const giveUp = ({ db, clock }: App, depositId: string, words: string) =>
  db.execute(sql`
  with given_up as (
    update deposits set allocation_due_at = null where id = ${depositId}::uuid and allocated_at is null returning id
  ), ${openTasksSql({ kind: 'allocation_failed', subject: sql`id::text`, words, openedAt: clock.now(), from: sql`given_up` })}
  select`);

/** When the next deposit is due, as a value in a statement. */
export const waitingDueSql = (): SQL =>
  sql`(select min(allocation_due_at) from deposits where allocated_at is null and merged_into is null)`;
