import { sql } from 'drizzle-orm';
import { savingsAccount } from '#books/ledger/accounts.ts';
import type { Tx } from '#ground/db/types.ts';
import { kes } from '#ground/money/cents.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { type Day, nairobiDay } from '#ground/time/nairobi.ts';
import type { LockedLoan } from './lock-loan.ts';
import type { LoanStanding, TakenRepayment } from './math/terms.ts';
import { isPaid, type Purse, takeAnew, type Whole } from './math/work-out.ts';
import type { KeptLoan, KeptRepayment } from './read-history.ts';
import { savingsStanding } from './told-part.ts';

/**
 * A loan after a repayment was reversed, moved in time or found late: each repayment pays what it would have paid had all been known when it came. What it paid
 * too much goes to savings; what it paid too little comes back out of savings as far as they hold it, and a task says what is missing. The amounts are not
 * written yet. The loan is locked.
 */
export async function repayAgain(
  tx: Tx,
  loan: LockedLoan,
  { was, is, upTo, now }: { was: KeptLoan; is: KeptLoan; upTo: Day; now: Date },
): Promise<LoanStanding> {
  const { repayments, standing, shortCents } = takeAnew({ was, is }, wholesOf(loan, is.repayments), await readPurse(tx, loan), upTo);
  await writeSettles(tx, is.repayments, repayments);
  if (shortCents > 0n && !isPaid(standing)) {
    const words = `${kes(shortCents)} that came for loan ${loan.reference} belongs to the loan since a repayment was reversed or found late, and the savings that it went to no longer hold it.`;
    await openTask(tx, { kind: 'loan_excess_spent', subject: loan.id, openedAt: now, words });
  }
  return standing;
}

/** The repayments since the loan was disbursed, each with all its money; money that came earlier stays in savings. */
const wholesOf = (loan: LockedLoan, repayments: readonly KeptRepayment[]): Whole[] =>
  repayments
    .filter(({ receivedAt }) => loan.disbursedOn !== null && nairobiDay(receivedAt) >= loan.disbursedOn)
    .map(({ id, receivedAt, amountCents, excessCents, settles, told }) => ({
      ...{ id, told, receivedCents: amountCents + excessCents, settlesAsked: settles || settlesOn(loan, receivedAt) },
    }));

/** Whether the borrower had asked for early settlement on that day. */
export const settlesOn = ({ settlesUntil }: LockedLoan, at: Date): boolean =>
  settlesUntil !== null && nairobiDay(settlesUntil) === nairobiDay(at);

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
