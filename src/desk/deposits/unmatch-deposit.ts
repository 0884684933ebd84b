import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes, shillings, sum } from '#ground/money/cents.ts';
import { noteTaskSql } from '#ground/tasks/change-task.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { line } from '#ground/text/line.ts';
import { bookOwedAgain } from '#mpesa/payments/book-match.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { personBehindSql } from '#people/auth/find-key-holder.ts';
import { receivable } from './match-input.ts';
import { lockReceivables, readOwed, refuseDebtor } from './receivable-target.ts';

/** Which deposit, the debt that it was matched to, and why it does not belong there. */
export const UnmatchInput = z.strictObject({ id: z.uuid(), receivable, reason: line(2, 200) });

const Match = z.object({ id: z.uuid(), amountCents: bigintText, matcher: z.string().nullable() });
type Match = z.output<typeof Match>;

/**
 * Undoes what people matched of a deposit to what somebody owes us back: it is owed again, and the money waits in suspense again, each with its task. Once. A person
 * does it, another one than who matched, and not who owes it. Throws `deposit_not_found`, `not_matched`, `second_person_needed`, `own_account`, `forbidden`.
 */
export function unmatchDeposit(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id, receivable: receivableId, reason }: z.output<typeof UnmatchInput>,
  { caller, requestId }: Pick<Call, 'caller' | 'requestId'>,
) {
  if (!caller.person) throw new AppError('forbidden', 'Only a person undoes a match: an API key has looked at nothing.');
  const now = clock.now();
  return db.transaction(async (tx) => {
    await lockReceivables(tx, [receivableId], id);
    const matches = await readMatches(tx, id, receivableId);
    const owed = await readOwed(tx, receivableId, caller);
    if (!owed || matches.length === 0)
      throw new AppError('not_matched', 'Nothing of this deposit is matched to this debt, or it was undone before.', { depositId: id });
    refuseDebtor(owed);
    if (matches.some(({ matcher }) => matcher === caller.id))
      throw new AppError('second_person_needed', 'You matched this, or your own API key did: a second person has to undo the match.');
    for (const { id: matchId, amountCents } of matches)
      await bookOwedAgain(tx, { matchId, receivableId, depositId: id, amountCents, by: caller.id, now });
    const cents = sum(matches.map(({ amountCents }) => amountCents));
    const owedCents = owed.cents + cents;
    if (owedCents > 0n)
      await openTask(tx, {
        kind: owed.task,
        subject: receivableId,
        openedAt: now,
        words: `${kes(owedCents)} is owed: a match to it was undone.`,
      });
    await openTask(tx, { kind: 'unidentified_deposit', subject: id, openedAt: now });
    await keepReason(tx, id, { note: reason, by: caller.id, requestId, now });
    const after = { receivable: receivableId, amount: shillings(cents) };
    await record(tx, { actor: caller.id, action: 'deposit_unmatched', subject: id, after, requestId, happenedAt: now });
    return { depositId: id, receivable: receivableId, waiting: shillings(cents), owed: shillings(owedCents > 0n ? owedCents : 0n) };
  });
}

/** What of the deposit is matched to this debt and was not undone. Money that was taken back stays there: it is owed under the deposit's own id now. */
async function readMatches(tx: Tx, depositId: string, receivableId: string): Promise<Match[]> {
  const [deposit] = await readRows(
    tx,
    z.object({ takenBack: z.boolean() }),
    sql`
    select taken_back_at is not null as taken_back from deposits where id = ${depositId}::uuid`,
  );
  if (!deposit) throw new AppError('deposit_not_found', 'There is no such deposit.');
  if (deposit.takenBack)
    throw new AppError(
      'not_matched',
      'This deposit was taken back, and what it had paid of this debt is owed under its own id since: match what comes back to that.',
      { depositId },
    );
  return readRows(
    tx,
    Match,
    sql`
    select m.id, m.amount_cents, ${personBehindSql(sql`m.matched_by`)} as matcher from matches m
    where m.deposit_id = ${depositId}::uuid and m.standing_reference = 'receivable:' || ${receivableId}::text and not exists (select from unmatches u where u.id = m.id)
    order by m.id`,
  );
}

/** Keeps the reason, which may name somebody, sealed on the task of the money in suspense. */
async function keepReason(
  tx: Tx,
  depositId: string,
  { note, by, requestId, now }: { note: string; by: string; requestId: string; now: Date },
) {
  const statement = sql`select id from reviews where kind = 'unidentified_deposit' and subject = ${depositId} and closed_at is null`;
  const [task] = await readRows(tx, z.object({ id: z.uuid() }), statement);
  if (task) await tx.execute(noteTaskSql({ taskId: task.id, by, requestId, now }, { noteId: newId(), note }));
}
