import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { bigintText, instant, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { requireThere } from '#mpesa/paybill/confirmed.ts';
import { bookMatch } from '#mpesa/payments/book-match.ts';
import { closeSolvedSql } from '#mpesa/payments/close-solved.ts';
import { leftInSuspenseSql } from '#mpesa/payouts/left-of-deposit.ts';
import type { App } from '#mpesa/wiring/app.ts';
import type { MatchInput } from './match-input.ts';
import { findTargets, type Target } from './match-targets.ts';
import { closeReceivableSql, tooMuch } from './receivable-target.ts';
import { refuseOwn } from './refuse-own.ts';

const Deposit = z.object({ id: z.uuid(), settledAt: instant, proved: z.boolean(), leftCents: bigintText });
type Deposit = z.output<typeof Deposit>;

/** What a part of the deposit pays, and how much. */
type Matched = { target: Target; amountCents: bigint };

/**
 * Books money in suspense to what a person says it is for: payments, each paid in full; loans and accounts, as of when the money came, but never that person's
 * own; what somebody owes us back, no more than that, of proved money. Told money cannot pay what waits for proof. What is left stays in suspense; matching the last shilling closes the task. One transaction: of two people
 * who match the same money or the same payment, one is refused.
 */
export function matchDeposit(
  app: Pick<App, 'db' | 'clock' | 'config' | 'purposes' | 'destinations'>,
  { id, parts }: MatchInput,
  { caller, requestId }: Pick<Call, 'caller' | 'requestId'>,
) {
  const now = app.clock.now();
  return app.db.transaction(async (tx) => {
    await requireThere(tx, id); // checked first: refuted money pays nothing at all
    const targets = await findTargets(tx, id, parts, caller);
    await refuseOwn(tx, targets, caller);
    const deposit = await lockDeposit(tx, id);
    if (!deposit.proved) refuseUnproved(targets, app.config.paybill.waitForProof);
    const { matched, leftCents } = shareOut(deposit, targets);
    for (const part of inOrder(matched)) {
      const { target, amountCents } = part;
      if ('receivableId' in target && amountCents > target.owedCents) throw tooMuch(target.owedCents);
      await bookMatch(tx, app, { deposit, ...part, by: caller.id, now });
      if ('receivableId' in target && amountCents === target.owedCents)
        await tx.execute(closeReceivableSql(target.receivableId, caller.id, now));
    }
    const paid = matched.map(present);
    const references = matched.map(({ target }) => target.reference).join(', ');
    await tx.execute(closeSolvedSql(now, { by: caller.id, paymentIds: paid.flatMap(({ paymentId = [] }) => paymentId) }));
    if (leftCents === 0n) await closeTask(tx, deposit, `matched to ${references}`, caller.id, now);
    await record(tx, { actor: caller.id, action: 'deposit_matched', subject: id, after: { paid }, requestId, happenedAt: now });
    return { depositId: id, paid, left: shillings(leftCents) };
  });
}

/** What is left is read in a later statement, which sees what was taken while we waited for the lock. */
async function lockDeposit(tx: Tx, id: string): Promise<Deposit> {
  await tx.execute(sql`select from deposits where id = ${id}::uuid for update`);
  await requireThere(tx, id);
  const statement = sql`select d.id, coalesce(d.moved_at, d.settled_at) as settled_at, d.confirmed_at is not null as proved, ${leftInSuspenseSql(sql`d.id`)} as left_cents from deposits d where d.id = ${id}::uuid`;
  const [deposit] = await readRows(tx, Deposit, statement);
  if (!deposit) throw new AppError('deposit_not_found', 'There is no such deposit.');
  if (deposit.leftCents === 0n) throw new AppError('nothing_in_suspense', 'Nothing of this deposit is in suspense.');
  return deposit;
}

/** A payment that counts as paid only when proved cannot be matched to unproved money either. */
function refuseUnproved(targets: Target[], waitForProof: readonly string[]): void {
  const waits = targets.find((target) => 'receivableId' in target || ('purpose' in target && waitForProof.includes(target.purpose)));
  if (waits)
    throw new AppError(
      'receipt_unconfirmed',
      `It is not proved yet that this money came, and ${waits.reference} counts as paid only when it is proved${'receivableId' in waits ? '' : ' (WAIT_FOR_PROOF)'}. Match it then: we ask Safaricom about its receipt, and a signed statement of its day proves it too.`,
    );
}

/** Gives each target its amount, and the one without an amount the rest. */
function shareOut({ leftCents }: Deposit, targets: Target[]): { matched: Matched[]; leftCents: bigint } {
  const named = targets.reduce((sum, { amountCents }) => sum + (amountCents ?? 0n), 0n);
  const restCents = leftCents - named;
  const takesRest = targets.some(({ amountCents }) => amountCents === undefined);
  if (restCents < 0n || (takesRest && restCents === 0n))
    throw new AppError(
      'deposit_too_small',
      `${kes(leftCents)} of this deposit is in suspense, and ${kes(named)} ${takesRest ? 'leaves nothing for the last part' : 'is to be paid with it'}: match less, or have the customer pay what they owe, and refund this.`,
      { left: shillings(leftCents), owed: shillings(named) },
    );
  const matched = targets.map((target) => ({ target, amountCents: target.amountCents ?? restCents }));
  return { matched, leftCents: takesRest ? 0n : restCents };
}

const inOrder = (matched: Matched[]): Matched[] => [...matched].sort((a, b) => (a.target.turn < b.target.turn ? -1 : 1));

function present({ target, amountCents }: Matched) {
  const amount = shillings(amountCents);
  if ('receivableId' in target) return { receivable: target.receivableId, reference: target.reference, amount };
  if ('subjectId' in target) return { standingReference: target.reference, kind: target.kind, amount };
  return { paymentId: target.id, reference: target.reference, amount };
}

/** Closes the task, but not while a refund is under way: that may be declined or rejected. */
const closeTask = (tx: Tx, { id }: Deposit, note: string, by: string, now: Date) =>
  tx.execute(
    closeTasksSql({
      kinds: ['unidentified_deposit', 'underpaid_deposit', 'deposit_proved_after_all'],
      subjects: [id],
      ...{ closedAt: now, closedBy: by, note },
      when: sql`not exists (select from payouts p where p.subject_id = ${id}::uuid and p.state in ('requested', 'approved', 'partly_paid'))`,
    }),
  );
