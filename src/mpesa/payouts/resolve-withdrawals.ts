import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { enqueueAgain } from '#ground/outbox/enqueue.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import { DarajaError } from '../daraja/errors.ts';
import type { App } from '../wiring/app.ts';

const BATCH = 20;

/** `askedBy` is the id by which Safaricom knows it: a B2C payment's own id; for a reversal the id in Safaricom's answer to its request, null before. */
const Claimed = z.object({ id: z.uuid(), askedBy: z.string().nullable() });

/**
 * Asks Safaricom for the status of withdrawals without a result: 3 minutes after they were sent or a minute after a time-out, then at growing intervals for a day,
 * and then opens a task. Closes the tasks of those that were paid late once nothing waits in their place. A B2C payment is never requested again here. Safe at any frequency and in parallel.
 */
export async function resolveWithdrawals(app: App, deadline: Date): Promise<{ asked: number }> {
  const now = app.clock.now();
  const claimed = await claimDue(app, now);
  for (const withdrawal of claimed) if (app.clock.now() < deadline) await ask(app, withdrawal);
  await openTasks(app, now);
  await app.db.execute(closeLate(now));
  return { asked: claimed.length };
}

/** When withdrawal `w` was last sent, or a copy was told to ask about it. */
const LAST_TRY = sql`coalesce(w.tried_at, w.dispatched_at)`;

const claimDue = ({ db }: App, now: Date) => {
  const at = instantSql(now);
  return readRows(
    db,
    Claimed,
    sql`
    update withdrawals w set query_due_at = case
      when ${at} < ${LAST_TRY} + interval '15 minutes' then ${at} + interval '4 minutes'
      when ${at} < ${LAST_TRY} + interval '1 hour' then ${at} + interval '15 minutes'
      when ${at} < ${LAST_TRY} + interval '24 hours' then ${at} + interval '3 hours' end
    where w.id = any(array(
      select id from withdrawals where query_due_at <= ${at} and state in ('dispatched', 'unknown') order by query_due_at limit ${BATCH} for update skip locked))
    returning w.id, case when (select kind from payouts where id = w.payout_id) = 'reversal' then w.originator_conversation_id else w.id::text end as asked_by`,
  );
};

async function ask(app: App, { id: withdrawalId, askedBy }: z.output<typeof Claimed>): Promise<void> {
  if (!askedBy) return repeatReversal(app, withdrawalId);
  const token = makeCallbackToken(app.config.callback.tokenKeys, 'withdrawal-status', withdrawalId);
  const url = `${app.config.site.url}/api/callbacks/withdrawal-status/${token}`;
  try {
    await app.daraja.askTransactionStatus({ originatorConversationId: askedBy, resultUrl: `${url}/result`, timeoutUrl: `${url}/timeout` });
  } catch (error) {
    if (!(error instanceof DarajaError)) throw error;
    app.log.warn('withdrawal_status_not_asked', { withdrawalId, reason: error.reason, errorCode: error.errorCode });
  }
}

/**
 * A reversal whose request was never answered has no id to ask by. It is requested again: Safaricom reverses a payment once, and says when
 * it has.
 */
async function repeatReversal({ db, clock }: App, withdrawalId: string): Promise<void> {
  await enqueueAgain(db, `dispatch:${withdrawalId}`, clock.now());
}

/** Opens tasks for withdrawals without a result after a day: they are looked up on the M-PESA statement. */
async function openTasks({ db }: App, now: Date): Promise<void> {
  const at = instantSql(now);
  const unresolved = openTasksSql({
    kind: 'payout_unresolved',
    subject: sql`w.id::text`,
    openedAt: now,
    from: sql`withdrawals w
      where w.state in ('dispatched', 'unknown') and ${LAST_TRY} between ${at} - interval '7 days' and ${at} - interval '24 hours'
        and not exists (select from reviews r where r.kind = 'payout_unresolved' and r.subject = w.id::text)`,
  });
  await db.execute(sql`with ${unresolved} select`);
}

/** Whether nothing waits any more in place of the withdrawal that a task is about; `task` is an SQL alias. */
const isAlone = (task: SQL) => sql`not exists (select from withdrawals w join payouts p on p.id = w.payout_id
  where w.id = case ${task}.kind when 'payout_paid_late' then ${task}.subject::uuid end and waits_in_place_1(p))`;

const closeLate = (now: Date) =>
  closeTasksSql({
    ...{
      kinds: ['payout_paid_late'],
      subjects: sql`select r.subject from reviews r where r.kind = 'payout_paid_late' and r.closed_at is null`,
    },
    ...{ when: isAlone(sql`reviews`), closedAt: now, note: 'Nothing waits in its place.' },
  });

/** When something is next due about withdrawals without a result, as a value in a statement. */
export const withdrawalsDueSql = (
  _app: unknown,
  at: SQL,
): SQL => sql`least((select ${at} where exists (select from reviews r where r.kind = 'payout_paid_late' and r.closed_at is null and ${isAlone(sql`r`)})),
  (select min(least(w.query_due_at, case when ${LAST_TRY} > ${at} - interval '7 days'
    and not exists (select from reviews r where r.kind = 'payout_unresolved' and r.subject = w.id::text) then ${LAST_TRY} + interval '24 hours' end))
  from withdrawals w where w.state in ('dispatched', 'unknown')))`;
