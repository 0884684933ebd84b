import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Reason } from '#ground/audit/reason.ts';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { inOneBatch, instantSql, rowOf } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import type { App } from '../wiring/app.ts';
import { STOPPED, sayStopped } from './stopped.ts';

/** Why payouts are stopped, or started again. */
export const StopInput = z.strictObject({ reason: Reason });

/**
 * Stops payouts by hand, with a task that says why, until a person starts them again. What Safaricom was asked to pay before has left; from
 * now on nothing is sent, and what is approved waits. Receipts and balances are still asked about. Throws `payouts_stopped` when a person
 * has stopped them already; that Safaricom refuses our initiator is another reason, and keeps nobody from adding theirs.
 */
export async function stopPayouts(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { reason }: z.output<typeof StopInput>,
  { caller, requestId }: Call,
) {
  const now = clock.now();
  const [written, standing] = await inOneBatch(db, [
    sql`
    with stopped as (
      insert into stops (name, reason, stopped_at) values ('payouts_by_hand', ${reason}, ${instantSql(now)})
      on conflict (name) do nothing returning name
    ), audited as (${recordSql({
      ...{ actor: caller.id, action: 'payouts_stopped', subject: sql`'payouts'`, requestId, happenedAt: now, from: sql`stopped` },
      after: sql`jsonb_build_object('reason', ${reason}::text)`,
    })}), ${openTasksSql({
      ...{ kind: 'payouts_stopped', subject: 'by_hand', openedAt: now, from: sql`stopped` },
      words: `A person has stopped them: ${reason}`,
    })}
    select exists (select from stopped) as done`,
    STOPPED, // a statement of its own, so that it sees what was stopped at the same moment
  ]);
  const stopped = sayStopped(standing?.rows);
  if (rowOf(z.object({ done: z.boolean() }), written?.rows).done) return { stopped };
  throw new AppError('payouts_stopped', `Payouts are stopped already: ${stopped?.reason}`, { stopped });
}
