import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Reason } from '#ground/audit/reason.ts';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { bigintText, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import type { App } from '../../wiring/app.ts';
import { CANCELLED } from '../rejection-words.ts';
import { lockBulk } from './lock-bulk.ts';

/** Which bulk payout, and why. */
export const CancelBulkInput = z.strictObject({ id: z.uuid(), reason: Reason });

/**
 * Cancels what has not left of a bulk payout: lines that wait never become payouts, and parts that Safaricom was not asked to pay are given
 * back to where they came from. What was sent goes on as it is. Throws `bulk_not_found`, `bulk_ended`.
 */
export function cancelBulkPayout({ db, clock }: Pick<App, 'db' | 'clock'>, { id, reason }: z.output<typeof CancelBulkInput>, call: Call) {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const bulk = await lockBulk(tx, id);
    const waited = await cancelWaiting(tx, id, now);
    const given = await giveBackReserved(tx, id, now);
    if (waited.lines + given.lines === 0 || bulk.state === 'declined' || bulk.state === 'cancelled')
      throw new AppError('bulk_ended', 'Nothing of it waits: every line was sent, has ended, or was cancelled.', { bulkId: id });
    const [left] = await readRows(
      tx,
      z.object({ any: z.boolean() }),
      sql`select exists (select from bulk_lines l join withdrawals w on w.payout_id = l.payout_id where l.bulk_id = ${id}::uuid and w.state <> 'rejected') as any`,
    );
    const state = left?.any ? 'started' : 'cancelled';
    const lines = waited.lines + given.lines;
    const cents = waited.cents + given.cents;
    await tx.execute(
      sql`update bulk_payouts set state = ${state}, cancelled_by = ${call.caller.id}, cancelled_at = ${instantSql(now)} where id = ${id}::uuid`,
    );
    const closing = { subjects: [id], closedAt: now, closedBy: call.caller.id, note: 'Cancelled.' };
    await tx.execute(closeTasksSql({ kinds: ['bulk_waits', 'bulk_float_short'], ...closing }));
    const after = { state, lines, amountCents: cents.toString(), reason };
    const { caller, requestId } = call;
    await record(tx, { actor: caller.id, action: 'bulk_cancelled', subject: id, before: bulk.state, after, requestId, happenedAt: now });
    return { bulkId: id, state, cancelled: { lines, amount: shillings(cents) } };
  });
}

const Cancelled = z.object({ lines: z.coerce.number(), cents: bigintText });
const NOTHING = { lines: 0, cents: 0n };

async function cancelWaiting(tx: Tx, id: string, now: Date) {
  const [row] = await readRows(
    tx,
    Cancelled,
    sql`
    with ended as (
      update bulk_lines set cancelled_at = ${instantSql(now)} where bulk_id = ${id}::uuid and payout_id is null and cancelled_at is null returning amount_cents
    )
    select count(*) as lines, coalesce(sum(amount_cents), 0)::text as cents from ended`,
  );
  return row ?? NOTHING;
}

/** Gives back what is reserved and not sent: always payout, then withdrawal, so that a part that is being sent at this moment is sent. */
async function giveBackReserved(tx: Tx, id: string, now: Date) {
  const ofBulk = sql`select l.payout_id from bulk_lines l where l.bulk_id = ${id}::uuid`;
  const reserved = sql`w.state = 'reserved' and w.payout_id in (${ofBulk})`;
  await tx.execute(
    sql`select from payouts p where p.id in (select w.payout_id from withdrawals w where ${reserved}) order by p.id for update`,
  );
  await tx.execute(sql`select from withdrawals w where ${reserved} order by w.id for update`);
  const [row] = await readRows(
    tx,
    Cancelled,
    sql`
    with given as materialized (
      select w.payout_id, w.amount_cents, reject_withdrawal_2(w, p, ${CANCELLED}, 'It was cancelled.', ${instantSql(now)})
      from withdrawals w join payouts p on p.id = w.payout_id where ${reserved}
    ), marked as (
      update bulk_lines set cancelled_at = ${instantSql(now)} where payout_id in (select payout_id from given)
    )
    select count(distinct payout_id) as lines, coalesce(sum(amount_cents), 0)::text as cents from given`,
  );
  await tx.execute(sql`
    select judge_payout_1(p.id, ${instantSql(now)}) from payouts p
    where p.id in (${ofBulk}) and p.state in ('approved', 'partly_paid') and exists (select from withdrawals w where w.payout_id = p.id and w.result_code = ${CANCELLED})`);
  return row ?? NOTHING;
}
