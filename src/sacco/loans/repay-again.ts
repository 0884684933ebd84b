import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { savingsAccount } from '#books/ledger/accounts.ts';
import { bigintText, instant, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { shillings } from '#ground/money/cents.ts';
import { openReview } from '#ground/tasks/open-review.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { savingsStanding } from '#mpesa/payments/told-part.ts';
import type { LockedLoan } from './lock-loan.ts';
import { type Purse, takeAnew } from './math/take-money.ts';
import type { LoanHistory, TakenRepayment } from './math/terms.ts';
import { isPaid, workOut } from './math/work-out.ts';

const Money = z.object({ id: z.uuid(), receivedAt: instant, receivedCents: bigintText, settles: z.boolean(), told: z.boolean() });

/**
 * The history of a loan after a repayment was reversed, moved in time or found late: each repayment pays what it would have paid had all
 * been known when it came. What it paid too much is saved; what it paid too little comes back out of savings as far as they hold it, and a
 * task says what is missing. The amounts are not written yet. The loan is locked.
 */
export async function repayAgain(
  tx: Tx,
  loan: LockedLoan,
  { was, is, now }: { was: LoanHistory; is: LoanHistory; now: Date },
): Promise<LoanHistory> {
  const wholes = (await readMoney(tx, loan)).map((one) => ({ ...one, settlesAsked: one.settles || settlesOn(loan, one.receivedAt) }));
  const { repayments, shortCents } = takeAnew({ was, is }, wholes, await readPurse(tx, loan));
  const history = { ...is, repayments };
  await writeSettles(tx, is.repayments, repayments);
  if (shortCents > 0n && !isPaid(workOut(history, nairobiDay(now)))) {
    const words = `KES ${shillings(shortCents)} that came for loan ${loan.reference} belongs to the loan since a repayment was reversed or found late, and the savings that it went to no longer hold it.`;
    await openReview(tx, { kind: 'loan_excess_spent', subject: loan.id, openedAt: now, words });
  }
  return history;
}

/** Whether the borrower had asked to settle on that day. */
export const settlesOn = ({ settlesUntil }: LockedLoan, at: Date): boolean =>
  settlesUntil !== null && nairobiDay(settlesUntil) === nairobiDay(at);

/** The loan's repayments since it was disbursed; money from before that stays saved. */
const readMoney = (tx: Tx, { id, disbursedOn }: LockedLoan) =>
  readRows(
    tx,
    Money,
    sql`
    select r.id, r.received_at as "receivedAt", (r.amount_cents + r.excess_cents)::text as "receivedCents", r.settles, d.confirmed_at is null as told
    from repayments r join deposits d on d.id = r.deposit_id
    where r.loan_id = ${id}::uuid and r.reversed_at is null and (r.received_at at time zone 'Africa/Nairobi')::date >= ${disbursedOn}::date`,
  );

async function readPurse(tx: Tx, { savingsAccountId }: LockedLoan): Promise<Purse> {
  const account = savingsAccount(savingsAccountId);
  await tx.execute(sql`select from accounts where id = ${account} for no key update`);
  const { balanceCents, toldCents, pushedCents } = await savingsStanding(tx, account);
  const provedCents = balanceCents - toldCents + pushedCents; // the excess of repayments may always come back
  return { heldCents: balanceCents, provedCents: provedCents > 0n ? provedCents : 0n };
}

async function writeSettles(tx: Tx, before: readonly TakenRepayment[], after: readonly TakenRepayment[]): Promise<void> {
  const settled = new Map(before.map(({ id, settles }) => [id, settles]));
  for (const { id, settles } of after)
    if (settled.get(id) !== settles) await tx.execute(sql`update repayments set settles = ${settles} where id = ${id}::uuid`);
}
