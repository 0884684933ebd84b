import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS, savingsAccount } from '#books/ledger/accounts.ts';
import { balanceOf } from '#books/ledger/balance.ts';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { encrypt } from '#ground/db/encryption.ts';
import { bigintText, instant, instantSql, listOf, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { line } from '#ground/text/line.ts';
import { bookUnmatch } from '#mpesa/payments/book-match.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { promiseNotice } from '../members/promise-notice.ts';
import { type LockedLoan, lockLoan, wasLent } from './lock-loan.ts';
import { readKept } from './read-history.ts';
import { legsFrom, partsOf } from './repayment-parts.ts';
import { workOutLoan } from './work-out-loan.ts';

/** Which repayment, and why it does not belong there. */
export const ReverseRepaymentInput = z.strictObject({
  id: z.uuid(),
  reason: line(2, 200),
});

const Repayment = z.object({
  ...{ id: z.uuid(), depositId: z.uuid(), excessCents: bigintText, penaltyCents: bigintText, feeCents: bigintText },
  ...{ interestCents: bigintText, principalCents: bigintText, reversedAt: instant.nullable() },
});

/**
 * Reverses a repayment: all its money, its excess in savings included, goes to suspense, to be matched elsewhere or refunded. The loan is
 * recomputed as if the repayment had never been: it reopens, and later penalties and repayments follow. Once, however often it is called.
 * Throws `repayment_not_found`, `repayment_reversed`, and `money_already_moved` when the savings do not hold it any more.
 */
export function reverseRepayment(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id, reason }: z.output<typeof ReverseRepaymentInput>,
  { caller, requestId }: Call,
) {
  return db.transaction((tx) => reverseInside(tx, { id, reason, caller, requestId, now: clock.now() }));
}

/** Reverses all repayments of a deposit inside the given transaction: their money goes to suspense, and each loan is recomputed as if they had never been. */
export async function undoRepayments(
  tx: Tx,
  { depositId, reason, call, now }: { depositId: string; reason: string; call: Call; now: Date },
): Promise<void> {
  const statement = sql`select id from repayments where deposit_id = ${depositId}::uuid and reversed_at is null order by loan_id`;
  for (const { id } of await readRows(tx, z.object({ id: z.uuid() }), statement)) await reverseInside(tx, { id, reason, ...call, now });
}

type Reversal = { id: string; reason: string; now: Date } & Pick<Call, 'caller' | 'requestId'>;

async function reverseInside(tx: Tx, { id, reason, caller, requestId, now }: Reversal) {
  const { loan, repayment } = await lockRepayment(tx, id);
  if (repayment.reversedAt) throw new AppError('repayment_reversed', 'This repayment was reversed before.', { repaymentId: id });
  if (repayment.excessCents > 0n) await requireSaved(tx, loan, repayment.excessCents);
  const parts = partsOf(repayment);
  const amountCents = Object.values(parts).reduce((sum, cents) => sum + cents);
  const { depositId } = repayment;
  const legs = legsFrom(loan, parts, ACCOUNTS.suspense);
  const unmatchId = await bookUnmatch(tx, { depositId, amountCents, legs, by: caller.id, now });
  const was = await readKept(tx, loan.id);
  await tx.execute(sql`
    update repayments set reversed_at = ${instantSql(now)}, reversed_by = ${caller.id}, reversal_note = ${encrypt(reason, 'reversal_note')} where id = ${id}::uuid`);
  const is = { ...was, repayments: was.repayments.filter((one) => one.id !== id) };
  if (wasLent(loan)) await workOutLoan(tx, loan, { is, was, cause: unmatchId, now });
  await openTask(tx, { kind: 'unidentified_deposit', subject: depositId, openedAt: now });
  const after = { loanId: loan.id, depositId, amount: shillings(amountCents), unmatchId };
  await record(tx, { actor: caller.id, action: 'repayment_reversed', subject: id, after, requestId, happenedAt: now });
  await promiseNotice(tx, { event: 'repayment_reversed', subjectId: id, memberId: loan.memberId, treasurers: true, now });
  return { repaymentId: id, loanReference: loan.reference, depositId, waiting: shillings(amountCents) };
}

/** Locks the deposit, then the loan; the repayment is read in a later statement, which sees changes that were made while we waited. */
async function lockRepayment(tx: Tx, id: string): Promise<{ loan: LockedLoan; repayment: z.output<typeof Repayment> }> {
  const [found] = await readRows(
    tx,
    z.object({ loanId: z.uuid() }),
    sql`select r.loan_id from repayments r join deposits d on d.id = r.deposit_id where r.id = ${id}::uuid for update of d`,
  );
  const loan = found && (await lockLoan(tx, found.loanId));
  const [repayment] = await readRows(tx, Repayment, sql`select ${listOf('r', Repayment)} from repayments r where r.id = ${id}::uuid`);
  if (!loan || !repayment) throw new AppError('repayment_not_found', 'There is no such repayment.');
  return { loan, repayment };
}

async function requireSaved(tx: Tx, { savingsAccountId }: LockedLoan, excessCents: bigint): Promise<void> {
  const account = savingsAccount(savingsAccountId);
  await tx.execute(sql`select from accounts where id = ${account} for no key update`);
  const balanceCents = await balanceOf(tx, account);
  if (balanceCents >= excessCents) return;
  throw new AppError(
    'money_already_moved',
    `${kes(excessCents)} of this repayment went to savings, which now hold ${kes(balanceCents)}: have the member deposit the rest first.`,
    { saved: shillings(excessCents), balance: shillings(balanceCents) },
  );
}
