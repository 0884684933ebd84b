import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call, OpenCall } from '#ground/call.ts';
import { refusalOf } from '#ground/db/errors.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';
import { enqueue } from '#ground/outbox/enqueue.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { personBehindSql } from '#people/auth/find-key-holder.ts';
import type { App } from '../../wiring/app.ts';
import { isOfCopySql, wasOfCopySql } from '../hold-copied.ts';
import { availableSql } from '../require-float.ts';
import { ARE_STOPPED } from '../stopped.ts';
import { countAloneByPayeeSql, saySecondPerson } from '../who-may-approve.ts';
import { bulkLines } from './bulk.schema.ts';
import { hashLines } from './hash-lines.ts';
import { type LockedBulk, lockBulk } from './lock-bulk.ts';
import { reserveLines } from './reserve-bulk.ts';

/** Which bulk payout, what is decided, the `hash` of the lines that the approver has seen, and `partly` where the float may be too small for all of it. */
export const DecideBulkInput = z
  .strictObject({
    id: z.uuid(),
    decision: z.enum(['approve', 'decline']).default('approve'),
    hash: z.string().max(100).optional(),
    partly: z.boolean().default(false),
  })
  .refine(({ decision, hash }) => decision === 'decline' || hash, {
    path: ['hash'],
    message: 'Send the hash of the lines that you have read (GET /api/bulk-payouts/<id>).',
  });
type Decision = z.output<typeof DecideBulkInput>;

const STOPPED = 'Payouts are stopped (see the task "payouts_stopped"): they are sent when they are started again.';

/**
 * Approves or declines a bulk payout, once: the whole of it, by the hash of its lines. After an approval its lines are reserved in their
 * order, each as a payout of its own. Who may: as for one payout of the total (who-may-approve.ts). Throws `bulk_not_found`, `bulk_decided`,
 * `bulk_changed`, `payout_under_way`, `second_person_needed`, and `insufficient_float` where it is not approved `partly`.
 */
export async function decideBulkPayout(app: App, input: Decision, call: OpenCall) {
  const now = app.clock.now();
  const { id, decision } = input;
  const answer = await app.db
    .transaction(async (tx) => {
      const bulk = await lockBulk(tx, id);
      if (bulk.state !== 'requested')
        throw new AppError('bulk_decided', `This bulk payout is ${bulk.state} already: it is decided once.`, { bulkId: id });
      if (decision === 'approve') await requireApprovable(app, tx, bulk, input, call);
      const state = decision === 'approve' ? ('approved' as const) : ('declined' as const);
      await tx.execute(
        sql`update bulk_payouts set state = ${state}, decided_by = ${call.caller.id}, decided_at = ${instantSql(now)} where id = ${id}::uuid`,
      );
      const after = {
        state,
        hash: bulk.hash,
        lines: bulk.lines,
        amountCents: bulk.amountCents.toString(),
        ...(input.partly && { partly: true }),
      };
      const { caller, requestId } = call;
      await record(tx, { actor: caller.id, action: `bulk_${state}`, subject: id, before: 'requested', after, requestId, happenedAt: now });
      await tx.execute(closeTasksSql({ kinds: ['bulk_waits'], subjects: [id], closedAt: now, closedBy: caller.id, note: state }));
      if (state === 'approved') await enqueue(tx, `bulk:${id}`, { kind: 'reserve_bulk', bulkId: id }, now);
      const [stops] = await readRows(tx, z.object({ stopped: z.boolean() }), sql`select ${ARE_STOPPED} as stopped`);
      return { bulkId: id, state, ...(state === 'approved' && stops?.stopped && { waits: STOPPED }) };
    })
    .catch(sayRefusal);
  if (answer.state === 'approved') call.later(() => reserveLines(app, id));
  return answer;
}

function sayRefusal(error: unknown): never {
  const refusal = refusalOf(error);
  if (refusal?.code !== 'second_person_needed') throw error;
  throw new AppError('second_person_needed', saySecondPerson((refusal.detail as { why?: string }).why));
}

async function requireApprovable(app: App, tx: Tx, bulk: LockedBulk, { hash, partly }: Decision, call: Call): Promise<void> {
  await refuseOfCopy(tx, bulk);
  await requireSameLines(tx, bulk, hash);
  await requireSecondPerson(app, tx, bulk, call);
  const [float] = await readRows(tx, z.object({ cents: bigintText }), sql`select cents from ${availableSql(app.config)} f`);
  const availableCents = float && float.cents > 0n ? float.cents : 0n;
  if (!partly && bulk.amountCents > availableCents)
    throw new AppError(
      'insufficient_float',
      `${kes(availableCents)} can leave now, and these ${bulk.lines} payments take ${kes(bulk.amountCents)}. Top up first. Or approve it with {"partly": true}: then they leave in the order of the file as far as the money goes, and the others follow by themselves once there is more.`,
      { bulkId: bulk.id, available: shillings(availableCents), needed: shillings(bulk.amountCents) },
    );
}

async function refuseOfCopy(tx: Tx, { id }: LockedBulk): Promise<void> {
  const [copy] = await readRows(tx, z.object({ waits: z.boolean() }), sql`select ${isOfCopySql('bulk_of_copy', id)} as waits`);
  if (copy?.waits)
    throw new AppError(
      'payout_under_way',
      'This is a copy of an earlier state, in which its lines may have been paid since: look them up on the M-PESA statement, decline it if they were, and close its task "bulk_of_copy" if they were not. Then approve it.',
      { bulkId: id },
    );
}

const LINE = pick(bulkLines, 'l', ['line', 'phone', 'amountCents', 'name', 'ownReference']);

/** The lines as they stand must be what the requester sent and what the approver has read: nobody approves what they did not see. */
async function requireSameLines(tx: Tx, { id, hash }: LockedBulk, seen: string | undefined): Promise<void> {
  const lines = await readRows(tx, LINE.row, sql`select ${LINE.list} from bulk_lines l where l.bulk_id = ${id}::uuid order by l.line`);
  const stands = hashLines(
    lines.map(({ name, ownReference, ...line }) => ({
      ...line,
      ...(name !== null && { name }),
      ...(ownReference !== null && { ownReference }),
    })),
  );
  if (seen === hash && stands === hash) return;
  throw new AppError('bulk_changed', 'These are not the lines that you have read: read them again, and approve them with their hash.', {
    bulkId: id,
  });
}

/** The rule of one payout (who-may-approve.ts), with the total as its amount. */
async function requireSecondPerson(app: App, tx: Tx, { id, amountCents, requestedBy }: LockedBulk, { caller }: Call): Promise<void> {
  const { limits } = app.config;
  const [asked] = await readRows(
    tx,
    z.object({ by: z.string().nullable(), ofCopy: z.boolean() }),
    sql`select ${personBehindSql(sql`${requestedBy}::text`)} as by, ${wasOfCopySql('bulk_of_copy', sql`${id}`)} as of_copy from (select) as always`,
  );
  if (!asked?.by) throw new AppError('second_person_needed', saySecondPerson('nobody'));
  if (asked.by !== caller.id) return;
  if (asked.ofCopy) throw new AppError('second_person_needed', saySecondPerson('copy'));
  if (amountCents > limits.payoutApprovalAboveCents)
    throw new AppError('second_person_needed', saySecondPerson(requestedBy === caller.id ? '' : 'key'));
  const byPayee = sql`(select phone_hash, sum(amount_cents)::bigint as amount_cents from bulk_lines where bulk_id = ${id}::uuid group by phone_hash) as payee`;
  for (const statement of countAloneByPayeeSql(app.config, { by: caller.id, amountCents, byPayee, now: app.clock.now() }))
    await tx.execute(statement);
}
