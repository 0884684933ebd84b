import { type SQL, sql } from 'drizzle-orm';
import { ACCOUNTS } from '#books/ledger/accounts.ts';

/** How much is still owed to us under a payout, a deposit or a loan, in cents: what `receivables` has of it and of its parts. */
export const owedSql = (receivableId: string): SQL => sql`
  (select coalesce(sum(case t.debit_account when ${ACCOUNTS.receivables} then t.amount_cents else -t.amount_cents end), 0) from transfers t
    where ${ACCOUNTS.receivables} in (t.debit_account, t.credit_account) and t.source_id = any(array(select ${receivableId}::text
      union all select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.subject_id = ${receivableId}::uuid)))`;
