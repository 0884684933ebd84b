import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Reason } from '#ground/audit/reason.ts';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { decrypted, instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { enqueue, enqueueAgain } from '#ground/outbox/enqueue.ts';
import { knowsNothing } from '../daraja/parse-transaction-status-result.ts';
import type { App } from '../wiring/app.ts';
import { ARE_STOPPED } from './stopped.ts';

/** Which payout, by its id or that of a part, and what the person has looked at. */
export const SendAgainInput = z.strictObject({ id: z.uuid(), reason: Reason });

const ANSWERS_NEEDED = 2;

/** Answers nearer to each other than this are one: M-PESA may not have it yet, and two questions of one minute learn no more than one. */
const APART_MS = 4 * 60_000;

const Payout = z.object({ id: z.uuid(), kind: z.string(), stopped: z.boolean() });
const Part = z.object({ id: z.uuid(), queued: z.boolean(), dead: z.boolean(), onStatement: z.boolean() });
type Part = z.output<typeof Part>;

/**
 * Has the parts of a payout sent that M-PESA knows nothing of: those whose end is unknown, or that have had no result for a day, and of which Safaricom has said twice, at least four minutes apart, since they were last sent or a copy began to
 * ask, that it has no such payment. With the OriginatorConversationID that each always had, so that M-PESA pays it once, whatever became of it. A part of which less was
 * answered is asked about again at once. Throws `payout_not_found`, `payout_not_unknown`, `payout_under_way`, `payouts_stopped`.
 */
export function sendPayoutAgain(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id, reason }: z.output<typeof SendAgainInput>,
  { caller, requestId }: Pick<Call, 'caller' | 'requestId'>,
) {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const payout = await lockPayout(tx, id);
    const parts = await lockUnknown(tx, payout.id, caller.id, now);
    requireSendable(payout, parts);
    const answers = await countAnswers(
      tx,
      parts.map((part) => part.id),
    );
    const lost = parts.filter((part) => (answers.get(part.id) ?? 0) >= ANSWERS_NEEDED);
    for (const { id: withdrawalId } of lost) {
      await enqueue(tx, `dispatch:${withdrawalId}`, { kind: 'dispatch_withdrawal', withdrawalId }, now); // the first may have been purged
      await enqueueAgain(tx, `dispatch:${withdrawalId}`, now);
    }
    const asked = parts.filter((part) => !lost.includes(part));
    await askAgain(tx, asked, now);
    if (lost.length > 0) {
      const after = { reason, parts: lost.map((part) => part.id) };
      await record(tx, { actor: caller.id, action: 'payout_sent_again', subject: payout.id, after, requestId, happenedAt: now });
    }
    return { payoutId: payout.id, sent: lost.length, asked: asked.length, next: sayNext(lost.length, asked.length) };
  });
}

async function lockPayout(tx: Tx, id: string): Promise<z.output<typeof Payout>> {
  const [payout] = await readRows(
    tx,
    Payout,
    sql`select p.id, p.kind, ${ARE_STOPPED} as stopped from payouts p
      where p.id = (select coalesce((select w.payout_id from withdrawals w where w.id = ${id}::uuid), ${id}::uuid)) for update`,
  );
  if (!payout) throw new AppError('payout_not_found', 'There is no such payout.');
  return payout;
}

/** The parts whose end is unknown, or that Safaricom has never answered about until asking ended (resolve-withdrawals.ts), locked, and what else may still end them. */
const lockUnknown = (tx: Tx, payoutId: string, by: string, now: Date) =>
  readRows(
    tx,
    Part,
    sql`select w.id, coalesce(o.sent_at is null and o.dead_at is null and o.id is not null, false) as queued, coalesce(o.dead_at is not null and o.discarded_at is null, false) as dead,
      exists (select from reviews r where r.kind = 'payout_on_statement' and r.subject = w.id::text and (r.closed_at is null or r.closed_by = ${by})) as on_statement
    from withdrawals w left join outbox o on o.dedupe_key = 'dispatch:' || w.id where w.payout_id = ${payoutId}::uuid 
      and (w.state = 'unknown' or w.state = 'dispatched' and coalesce(w.tried_at, w.dispatched_at) <= ${instantSql(now)} - interval '24 hours')
    order by w.part for update of w`,
  );

function requireSendable({ kind, stopped }: z.output<typeof Payout>, parts: readonly Part[]): void {
  if (parts.length === 0)
    throw new AppError(
      'payout_not_unknown',
      'No part of this payout is unknown: nothing of it is sent again. GET /api/payouts shows how each part stands.',
    );
  if (kind === 'reversal')
    throw new AppError(
      'payout_not_unknown',
      'This is a reversal: where it was never acknowledged it is requested again by itself, and M-PESA reverses a payment once.',
    );
  if (stopped)
    throw new AppError('payouts_stopped', 'Payouts are stopped (see the task "payouts_stopped"): start them first, then send this again.');
  if (parts.some(({ dead }) => dead))
    throw new AppError(
      'payout_under_way',
      'Its dispatch was given up and waits as a dead letter: retry that (GET /api/dead-letters), it has the same id.',
    );
  if (parts.some(({ queued }) => queued)) throw new AppError('payout_under_way', 'It waits to be sent already.');
  if (parts.some(({ onStatement }) => onStatement))
    throw new AppError(
      'payout_under_way',
      'A signed statement shows money that left and may be this payout (task "payout_on_statement"): find out first, and close that task if it is other money: another person then sends this again.',
    );
}

/** How often Safaricom has said of each part, minutes apart, that it has no such payment, since it was last sent or a copy began to ask. */
async function countAnswers(tx: Tx, ids: string[]): Promise<Map<string, number>> {
  const said = await readRows(
    tx,
    z.object({ id: z.uuid(), body: decrypted('body'), receivedAt: instant }),
    sql`select w.id, e.body, e.received_at from withdrawals w join evidence e on e.subject_id = w.id and e.source = 'transaction-status' and e.verdict = 'unclear'
      and e.received_at >= coalesce(w.tried_at, w.dispatched_at) where w.id = any(${sql.param(ids)}::uuid[]) order by e.received_at`,
  );
  const counted = new Map<string, number>();
  const last = new Map<string, number>();
  for (const { id, body, receivedAt } of said) {
    if (!knowsNothing(body) || receivedAt.getTime() - (last.get(id) ?? Number.NEGATIVE_INFINITY) < APART_MS) continue;
    counted.set(id, (counted.get(id) ?? 0) + 1);
    last.set(id, receivedAt.getTime());
  }
  return counted;
}

const askAgain = (tx: Tx, parts: readonly Part[], now: Date) =>
  tx.execute(
    sql`update withdrawals set query_due_at = ${instantSql(now)} where id = any(${sql.param(parts.map(({ id }) => id))}::uuid[]) and state in ('dispatched', 'unknown')`,
  );

function sayNext(sent: number, asked: number): string {
  const waits =
    'M-PESA has not said twice, minutes apart, that it has no such payment. It is asked again now: send this request once more in five minutes, and again until it has.';
  if (sent === 0) return waits;
  return asked === 0 ? 'Sent within a minute, with the id that it always had.' : `${sent} sent within a minute. Of the others: ${waits}`;
}
