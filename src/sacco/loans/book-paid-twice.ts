import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS, loanAccount } from '#books/ledger/accounts.ts';
import { bigintText, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { kes } from '#ground/money/cents.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';

/**
 * Books what the payouts of a loan have sent beyond what was lent: from the loan's account to receivables, under the id of the loan, with a task to ask for it. Only
 * what is not booked yet, so that a repetition changes nothing. Lock the loan first.
 */
export async function bookPaidTwice(tx: Tx, loanId: string, excessCents: bigint, now: Date): Promise<void> {
  const [booked] = await readRows(
    tx,
    z.object({ cents: bigintText }),
    sql`select coalesce(sum(amount_cents), 0)::bigint as cents from transfers where kind = 'given_twice' and source_id = ${loanId}::text`,
  );
  const cents = excessCents - (booked?.cents ?? 0n);
  if (cents <= 0n) return;
  await tx.execute(sql`
  select book_1('given_twice', ${loanId}::uuid, next_leg_1('given_twice', ${loanId}::uuid), ${ACCOUNTS.receivables}, ${loanAccount(loanId)}, ${cents.toString()}::bigint, ${instantSql(now)})`);
  const words = `${kes(cents)} more was disbursed than was lent: the borrower owes it to us.`;
  await openTask(tx, { kind: 'loan_paid_twice', subject: loanId, openedAt: now, words });
}
