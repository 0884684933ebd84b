import { sql } from 'drizzle-orm';
import { ACCOUNTS, type AccountId } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import type { Tx } from '#ground/db/types.ts';
import { kes } from '#ground/money/cents.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';

/**
 * Books what a payout gave back beyond what was there: from the account that it overdrew to receivables, with a task to ask for it. A
 * repetition changes nothing and returns false.
 */
export async function bookGivenTwice(
  tx: Tx,
  { payoutId, from, excessCents, now }: { payoutId: string; from: AccountId; excessCents: bigint; now: Date },
): Promise<boolean> {
  const legs = [{ debit: ACCOUNTS.receivables, credit: from, amountCents: excessCents }];
  if (!(await transfer(tx, { kind: 'given_twice', sourceId: payoutId, legs, bookedAt: now }))) return false;
  const words = `${kes(excessCents)} more was refunded than was there: whoever received it owes it to us.`;
  await openTask(tx, { kind: 'refund_exceeds_payment', subject: payoutId, openedAt: now, words });
  return true;
}

/** How much has left for a subject from one account, less what is booked as given twice already; an SQL expression. */
export const leftForSubjectSql = (subjectId: string, account: AccountId) => sql`(
  select coalesce(sum(w.amount_cents), 0) from payouts o join withdrawals w on w.payout_id = o.id
    where o.subject_id = ${subjectId}::uuid and o.source_account = ${account} and w.state = 'paid'
  ) - (
  select coalesce(sum(t.amount_cents), 0) from payouts o join transfers t on t.kind = 'given_twice' and t.source_id = o.id::text
    where o.subject_id = ${subjectId}::uuid and o.source_account = ${account})`;
