import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { decryptedIfCan, instant, readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { closeTaskSql } from '#ground/tasks/change-task.ts';
import { line } from '#ground/text/line.ts';
import { ARE_STOPPED } from '#mpesa/payouts/stopped.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { DEPOSIT_WAITING } from '../deposits/list-deposits.ts';
import { TASK_OF } from '../letters/letter.ts';
import { noticeMustStay } from '../letters/notice-letters.ts';
import { requireOpen } from './require-open.ts';

/** Which task, and what was done. */
export const CloseTaskInput = z.strictObject({ id: z.uuid(), note: line(2, 1_000) });

/** Money in suspense, and money that is owed back, is found by its open task: closed too early, nobody would see it again. */
const MONEY_WAITS = sql`exists (select from deposits d
  where d.id = (case when r.kind in ('unidentified_deposit', 'underpaid_deposit', 'surplus_payment') then r.subject end)::uuid and ${DEPOSIT_WAITING} > 0)`;

/** It could not be booked to what it pays for: closed, only the list of what was given up would still have it. */
const NOT_ALLOCATED = sql`exists (select from deposits d where d.id = (case when r.kind = 'allocation_failed' then r.subject end)::uuid
  and d.allocated_at is null and d.taken_back_at is null and d.refuted_at is null and d.merged_into is null)`;

/** Its end is not known: closed, nobody would see that M-PESA says it was reversed before. */
const PAYOUT_UNKNOWN = sql`exists (select from withdrawals w where w.id = (case when r.kind = 'payout_already_reversed' then r.subject end)::uuid and w.state = 'unknown')`;

/** Whether payouts are stopped still: closed, nobody would see why nothing leaves. */
const STILL_STOPPED = sql`r.kind = 'payouts_stopped' and ${ARE_STOPPED}`;

/**
 * Closes a task that is done, once: of two people who close it at once, one is told that the other did. Throws `task_not_found`, `task_closed`, `payouts_stopped` while
 * they are, and `task_money_waits` while money that it is about waits, or may.
 */
export async function closeTask(
  app: Pick<App, 'db' | 'clock' | 'config'>,
  { id, note }: z.output<typeof CloseTaskInput>,
  { caller, requestId }: Pick<Call, 'caller' | 'requestId'>,
) {
  const { db, clock } = app;
  const now = clock.now();
  await refuseUnread(app, id);
  const { rows } = await db.execute(
    closeTaskSql(
      { taskId: id, by: caller.id, requestId, now },
      { noteId: newId(), note, unless: sql`(${MONEY_WAITS} or ${NOT_ALLOCATED} or ${PAYOUT_UNKNOWN} or ${STILL_STOPPED})` },
    ),
  );
  if (rows.length === 0) {
    await requireOpen(db, id);
    const { rows: stopped } = await db.execute(sql`select from reviews r where r.id = ${id}::uuid and ${STILL_STOPPED}`);
    if (stopped.length > 0)
      throw new AppError('payouts_stopped', 'Payouts are stopped still: start them (POST /api/payouts/start), which closes this task.');
    throw new AppError(
      'task_money_waits',
      'Some of its money still waits: match it or refund it, have what could not be allocated tried again (POST /api/dead-letters/<id>/retry), or have the statement of its day signed where a payout is unknown. The task closes by itself then.',
    );
  }
  return { taskId: id, state: 'closed', closedAt: now.toISOString(), closedBy: caller.id };
}

const Notice = z.object({ body: decryptedIfCan('body').nullable(), receivedAt: instant });

/** A notice that may be money that came is read no more once its task is closed: it is retried instead, as where it would be discarded. */
async function refuseUnread(app: Pick<App, 'db' | 'config'>, id: string): Promise<void> {
  const [notice] = await readRows(
    app.db,
    Notice,
    sql`select e.body, e.received_at from reviews r join evidence e on e.id = case when r.subject ~ '^[0-9a-f-]{36}$' then r.subject::uuid end
      where r.id = ${id}::uuid and r.kind = ${TASK_OF.notice} and r.closed_at is null`,
  );
  const why = notice && noticeMustStay(app, notice.body, notice.receivedAt);
  if (why) throw new AppError('task_money_waits', `${why} POST /api/dead-letters/<id>/retry, with the subject of this task as the id.`);
}
