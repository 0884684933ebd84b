import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { type AuditEntry, record } from '#ground/audit/record.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { kes } from '#ground/money/cents.ts';
import type { Deliver } from '#ground/outbox/delivery/drain.ts';
import { closeTasksSql, rewordTask } from '#ground/tasks/close-tasks.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { CANCELLED, rejectionWords } from './rejection-words.ts';

const Told = z.object({
  kind: z.enum(['payment', 'refund', 'reversal', 'loan', 'manual']),
  reference: z.string(),
  rejectedCents: z.coerce.bigint(),
  codes: z.array(z.string().nullable()),
  /** The bulk payout that it is a line of. */
  bulkId: z.uuid().nullable(),
  bulkReference: z.string().nullable(),
  line: z.number().nullable(),
  late: z.boolean(),
  /** Whether a task was opened since the latest rejection. */
  known: z.boolean(),
});

/**
 * Handles `payout_settled`: records in the audit trail how a payout, or a part of it, ended, and opens a task with an alert for what was rejected. The task closes
 * when that money arrives after all, or is requested again and paid. For a loan's payout the loan notifies treasurers instead. The lines of a bulk payout share one task; what a
 * person cancelled opens none. One transaction, safe to call twice.
 */
export const tellSettledPayout: Deliver<'payout_settled'> = async ({ db, clock }, { payoutId, parts, paid, rejected }) => {
  const now = clock.now();
  await db.transaction(async (tx) => {
    const told = await readTold(tx, payoutId);
    const { codes, late, kind, bulkId } = told;
    const action = paid === parts ? 'payout_paid' : rejected === parts ? 'payout_rejected' : 'payout_part_rejected';
    const why = codes.map(rejectionWords);
    const wasCancelled = codes.length > 0 && codes.every((code) => code === CANCELLED);
    const isNews = await recordOnce(tx, {
      ...{ actor: wasCancelled ? 'malipo' : 'safaricom', action, subject: payoutId, happenedAt: now },
      after: { kind, parts, paid, rejected, ...(rejected > 0 && { codes, why }), ...(late && { late }) },
    });
    if (paid === parts && isNews) await closeReplaced(tx, payoutId, now);
    if (told.rejectedCents === 0n) await closeTask(tx, payoutId, now);
    else if (wasCancelled) return;
    else if (bulkId && isNews) {
      const words = `${told.bulkReference}, line ${told.line}: ${kes(told.rejectedCents)} did not leave. ${why.join(' ')} The bulk payout lists all such lines.`;
      await openTask(tx, { kind: 'bulk_line_failed', subject: bulkId, openedAt: now, words });
    } else if (!bulkId && kind !== 'loan' && !told.known) {
      const words = `${kes(told.rejectedCents)} of payout ${told.reference} did not leave. ${why.join(' ')}`;
      await openTask(tx, { kind: 'payout_rejected', subject: payoutId, openedAt: now, words });
      await rewordTask(tx, { kind: 'payout_rejected', subject: payoutId, words }); // the task may be from an earlier part
    }
  });
  return undefined;
};

async function readTold(tx: Tx, payoutId: string) {
  const [told] = await readRows(
    tx,
    Told,
    sql`
    with locked as materialized (select * from payouts where id = ${payoutId}::uuid for update), rejected as (
      select w.* from withdrawals w where w.payout_id = ${payoutId}::uuid and w.state = 'rejected'
    )
    select p.kind, p.reference, (select coalesce(sum(amount_cents), 0)::text from rejected) as rejected_cents,
      array(select distinct result_code from rejected order by 1) as codes,
      l.bulk_id, b.reference as bulk_reference, l.line,
      exists (select from withdrawals w join transfers t on t.kind = 'payout_late' and t.source_id = w.id::text where w.payout_id = p.id) as late,
      exists (select from reviews r where r.kind = 'payout_rejected' and r.subject = p.id::text and r.opened_at >= (select max(settled_at) from rejected)) as known
    from locked p left join bulk_lines l on l.payout_id = p.id left join bulk_payouts b on b.id = l.bulk_id`,
  );
  if (!told) throw new Error('There is no payout with this id.');
  return told;
}

/** Writes the audit row once, though a message may be handled twice. False when it was there before. */
async function recordOnce(
  tx: Tx,
  entry: AuditEntry & { after: { paid: number; rejected: number; [more: string]: unknown } },
): Promise<boolean> {
  const { subject, action, after } = entry;
  const [before] = await readRows(
    tx,
    z.object({ there: z.boolean() }),
    sql`select exists (select from audit where subject = ${subject} and action = ${action}
      and after ->> 'paid' = ${String(after.paid)} and after ->> 'rejected' = ${String(after.rejected)}) as there`,
  );
  if (!before?.there) await record(tx, entry);
  return !before?.there;
}

/**
 * Closes the task of the rejected payout that this one replaces: this one was requested later, has the same amount, and is a refund of the same money or else a
 * payout to the same phone. Closes only one task, the oldest.
 */
const closeReplaced = (tx: Tx, payoutId: string, now: Date) =>
  tx.execute(
    closeTasksSql({
      kinds: ['payout_rejected'],
      subjects: sql`
      select r.subject from payouts p join reviews r on r.kind = 'payout_rejected' and r.closed_at is null join payouts o on o.id::text = r.subject and o.id <> p.id
      where p.id = ${payoutId}::uuid and p.requested_at > r.opened_at
        and p.amount_cents = (select sum(w.amount_cents) from withdrawals w where w.payout_id = o.id and w.state = 'rejected')
        and case when p.kind in ('refund', 'reversal') then o.kind in ('refund', 'reversal') and o.subject_id = p.subject_id and o.source_account = p.source_account
          else o.kind = p.kind and o.subject_id is not distinct from p.subject_id and o.source_account = p.source_account and o.phone_hash = p.phone_hash end
      order by r.opened_at, r.id limit 1`,
      closedAt: now,
      note: `Asked for anew and paid: ${payoutId}.`,
    }),
  );

const closeTask = (tx: Tx, payoutId: string, now: Date) =>
  tx.execute(closeTasksSql({ kinds: ['payout_rejected'], subjects: [payoutId], closedAt: now, note: 'paid after all' }));
