import { sql } from 'drizzle-orm';
import type * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { refusalOf } from '#ground/db/errors.ts';
import { inOneBatch } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import type { App } from '../wiring/app.ts';
import type { StopInput } from './stop-payouts.ts';
import { STOPPED, sayStopped } from './stopped.ts';

const NEXT = 'What waited leaves within five minutes, each part once.';

/**
 * Starts payouts again, whatever had stopped them, and closes the tasks about it. What waited keeps its message, its id and its turn, so it
 * is sent once: each is looked at again every five minutes while payouts are stopped. Throws `payouts_running` when nothing had stopped
 * them.
 */
export async function startPayouts(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { reason }: z.output<typeof StopInput>,
  { caller, requestId }: Call,
) {
  const now = clock.now();
  try {
    const [were] = await inOneBatch(db, [
      sql`${STOPPED} for update`,
      sql`
      with started as (delete from stops where name in ('payouts', 'payouts_by_hand') returning name, reason, stopped_at), audited as (${recordSql(
        {
          ...{ actor: caller.id, action: 'payouts_started', subject: sql`'payouts'`, requestId, happenedAt: now },
          before: sql`were`,
          after: sql`jsonb_build_object('reason', ${reason}::text)`,
          from: sql`(select jsonb_agg(jsonb_build_object('reason', reason, 'since', stopped_at) order by stopped_at, name) as were from started having count(*) > 0) as once`,
        },
      )})
      select case when exists (select from started) then true else refuse('payouts_running') end`,
      closeTasksSql({
        kinds: ['payouts_stopped'],
        subjects: sql`select r.subject from reviews r where r.kind = 'payouts_stopped' and r.closed_at is null`,
        ...{ closedAt: now, closedBy: caller.id, note: `Started again: ${reason}` },
      }),
    ]);
    return { stopped: null, was: sayStopped(were?.rows), next: NEXT };
  } catch (error) {
    if (refusalOf(error)?.code !== 'payouts_running') throw error;
    throw new AppError('payouts_running', 'Payouts are not stopped: there is nothing to start.', { stopped: null });
  }
}
