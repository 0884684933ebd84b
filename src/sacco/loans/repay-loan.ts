import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { newId } from '#ground/db/columns.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { Destination, ReceivedMoney } from '#mpesa/wiring/purpose.ts';
import { promiseNotice } from '../members/promise-notice.ts';
import { type LockedLoan, lockLoan, valueDate, wasLent } from './lock-loan.ts';
import type { LoanStanding, TakenRepayment } from './math/terms.ts';
import { takeMoney } from './math/work-out.ts';
import { type KeptLoan, type KeptRepayment, readKept } from './read-history.ts';
import { settlesOn } from './repay-again.ts';
import { legsTo, type Parts } from './repayment-parts.ts';
import { dayToWorkOut, workOutLoan } from './work-out-loan.ts';

type NewRepayment = TakenRepayment & { parts: Parts; standing?: LoanStanding };

/**
 * Books money to a loan: by its terms it pays component by component, as of when the money came; the rest goes to the borrower's savings,
 * or all of it if the loan was never disbursed. Money found late counts from when it came: later penalties and repayments are recomputed
 * (decision 25). Notifies borrower and treasurers. Safe to call twice.
 */
export const repayLoan: Destination = async (tx, money, now) => {
  const loan = await lockLoan(tx, money.subjectId);
  if (!loan) throw new Error('A repayment was paid for a loan that is not there.');
  const was = await readKept(tx, loan.id);
  const { standing, ...repayment } = splitMoney(loan, was, money, now);
  const kept = await keepRepayment(tx, loan, money, repayment, now);
  if (!kept) return;
  const legs = legsTo(loan, repayment.parts, ACCOUNTS.clearing);
  await transfer(tx, { kind: 'repayment', sourceId: money.sourceId, legs, bookedAt: now });
  const is = { ...was, repayments: [...was.repayments, kept] };
  const at = repayment.receivedAt.getTime();
  const isLate = was.repayments.some((one) => one.receivedAt.getTime() > at || (one.receivedAt.getTime() === at && one.id > repayment.id));
  if (standing) await workOutLoan(tx, loan, { is, cause: repayment.id, now, ...(isLate ? { was } : { standing }) });
  await promiseNotice(tx, { event: 'repayment_booked', subjectId: repayment.id, memberId: loan.memberId, treasurers: true, now });
};

/** What the money pays, by the loan's history up to its arrival, and how the loan stands with it. */
function splitMoney(loan: LockedLoan, was: KeptLoan, { amountCents, settledAt }: ReceivedMoney, now: Date): NewRepayment {
  const [id, receivedAt] = [newId(), valueDate(loan, settledAt)];
  const nothing = { penalty: 0n, fee: 0n, interest: 0n, principal: 0n };
  if (!wasLent(loan)) return { id, receivedAt, amountCents: 0n, settles: false, parts: { ...nothing, savings: amountCents } };
  const came = { id, receivedAt, receivedCents: amountCents, settlesAsked: settlesOn(loan, receivedAt) };
  const { repayment, paid, standing } = takeMoney(was, came, dayToWorkOut(loan, was, now));
  const { penaltyCents: penalty, feeCents: fee, interestCents: interest, principalCents: principal } = paid;
  return { ...repayment, parts: { penalty, fee, interest, principal, savings: amountCents - repayment.amountCents }, standing };
}

/** Writes the repayment; returns nothing when this money is booked already. */
async function keepRepayment(
  tx: Tx,
  loan: LockedLoan,
  { sourceId, depositId }: ReceivedMoney,
  { id, receivedAt, amountCents, settles, parts }: NewRepayment,
  now: Date,
): Promise<KeptRepayment | undefined> {
  const cents = (amount: bigint) => sql`${amount.toString()}::bigint`;
  const [written] = await readRows(
    tx,
    z.object({ told: z.boolean() }),
    sql`
  insert into repayments (id, loan_id, deposit_id, source_id, amount_cents, excess_cents, penalty_cents, fee_cents, interest_cents, principal_cents, settles,
    received_at, booked_at)
  values (${id}::uuid, ${loan.id}::uuid, ${depositId}::uuid, ${sourceId}, ${cents(amountCents)}, ${cents(parts.savings)}, ${cents(parts.penalty)}, ${cents(parts.fee)},
    ${cents(parts.interest)}, ${cents(parts.principal)}, ${settles}, ${instantSql(receivedAt)}, ${instantSql(now)})
  on conflict (source_id) do nothing returning (select d.confirmed_at is null from deposits d where d.id = deposit_id) as told`,
  );
  const { savings: excessCents, penalty: penaltyCents, fee: feeCents, interest: interestCents, principal: principalCents } = parts;
  return (
    written && { id, receivedAt, settles, ...written, amountCents, excessCents, penaltyCents, feeCents, interestCents, principalCents }
  );
}
