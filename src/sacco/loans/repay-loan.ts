import { sql } from 'drizzle-orm';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { newId } from '#ground/db/columns.ts';
import type { Tx } from '#ground/db/types.ts';
import type { Destination, ReceivedMoney } from '#mpesa/wiring/purpose.ts';
import { promiseNotice } from '../members/promise-notice.ts';
import { type LockedLoan, lockLoan, valueDate, wasLent } from './lock-loan.ts';
import { takeMoney } from './math/take-money.ts';
import type { LoanHistory, TakenRepayment } from './math/terms.ts';
import { settlesOn } from './repay-again.ts';
import { legsTo, type Parts } from './repayment-parts.ts';
import { readBefore, workOutLoan } from './work-out-loan.ts';

type NewRepayment = TakenRepayment & { parts: Parts };

/**
 * Books money to a loan: by its terms it pays component by component, as of when the money came; the rest goes to the borrower's savings,
 * or all of it if the loan was never disbursed. Money found late counts from when it came: later penalties and repayments are recomputed
 * (decision 25). Notifies borrower and treasurers. Safe to call twice.
 */
export const repayLoan: Destination = async (tx, money, now) => {
  const loan = await lockLoan(tx, money.subjectId);
  if (!loan) throw new Error('A repayment was paid for a loan that is not there.');
  const before = await readBefore(tx, loan);
  const repayment = splitMoney(loan, before.history, money);
  if (!(await keepRepayment(tx, loan, money, repayment, now))) return;
  const legs = legsTo(loan, repayment.parts, ACCOUNTS.clearing);
  await transfer(tx, { kind: 'repayment', sourceId: money.sourceId, legs, bookedAt: now });
  const isLate = before.history.repayments.some(({ receivedAt }) => receivedAt > repayment.receivedAt);
  if (wasLent(loan)) await workOutLoan(tx, loan, { cause: repayment.id, now, ...(isLate && { before }) });
  await promiseNotice(tx, { event: 'repayment_booked', subjectId: repayment.id, memberId: loan.memberId, treasurers: true, now });
};

/** What the money pays, by the loan's history up to its arrival. */
function splitMoney(loan: LockedLoan, history: LoanHistory, money: ReceivedMoney): NewRepayment {
  const { amountCents } = money;
  const settledAt = valueDate(loan, money.settledAt);
  const nothing = { id: newId(), receivedAt: settledAt, amountCents: 0n, settles: false };
  if (!wasLent(loan)) return { ...nothing, parts: { penalty: 0n, fee: 0n, interest: 0n, principal: 0n, savings: amountCents } };
  const settlesAsked = settlesOn(loan, settledAt);
  const came = { id: nothing.id, receivedAt: settledAt, receivedCents: amountCents, settlesAsked };
  const { repayment, paid } = takeMoney(history, came);
  const { penaltyCents: penalty, feeCents: fee, interestCents: interest, principalCents: principal } = paid;
  return { ...repayment, parts: { penalty, fee, interest, principal, savings: amountCents - repayment.amountCents } };
}

/** False when this money is booked already. */
async function keepRepayment(
  tx: Tx,
  loan: LockedLoan,
  { sourceId, depositId }: ReceivedMoney,
  { id, receivedAt, amountCents, settles, parts }: NewRepayment,
  now: Date,
): Promise<boolean> {
  const cents = (amount: bigint) => sql`${amount.toString()}::bigint`;
  const result = await tx.execute(sql`
  insert into repayments (id, loan_id, deposit_id, source_id, amount_cents, excess_cents, penalty_cents, fee_cents, interest_cents, principal_cents, settles,
    received_at, booked_at)
  values (${id}::uuid, ${loan.id}::uuid, ${depositId}::uuid, ${sourceId}, ${cents(amountCents)}, ${cents(parts.savings)}, ${cents(parts.penalty)}, ${cents(parts.fee)},
    ${cents(parts.interest)}, ${cents(parts.principal)}, ${settles}, ${receivedAt.toISOString()}::timestamptz, ${now.toISOString()}::timestamptz)
  on conflict (source_id) do nothing`);
  return result.rowCount === 1;
}
