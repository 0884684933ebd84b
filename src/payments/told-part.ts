import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '../db/rows.ts';
import type { Reader } from '../db/types.ts';
import type { PartAccountId } from '../ledger/accounts.ts';

/** The deposit that a transfer's source id is, or that it took out of suspense or put back there: a row of `deposits`, or none. */
export const depositOfSql = (sourceId: SQL): SQL => sql`(
  select d.* from (select case when ${sourceId} ~ '^[0-9a-f-]{36}$' then (${sourceId})::uuid end as id) s
  join deposits d on d.id = coalesce((select deposit_id from matches where id = s.id), (select deposit_id from unmatches where id = s.id), s.id))`;

const Standing = z.object({ balanceCents: bigintText, toldCents: bigintText });

/**
 * What stands on a savings account in cents, and what of that a notice alone has told of: that is shown, and counts for nothing that leaves. The account is named, not
 * joined: savings have indexes of their own.
 */
export async function savingsStanding(db: Reader, account: PartAccountId): Promise<z.output<typeof Standing>> {
  const [standing] = await readRows(
    db,
    Standing,
    sql`
    select -held_1(${account}) as "balanceCents", (
      select coalesce(sum(case when t.credit_account = ${account} then t.amount_cents else -t.amount_cents end), 0)
      from transfers t cross join lateral ${depositOfSql(sql`t.source_id`)} d
      where (t.credit_account = ${account} and t.credit_account like 'savings:%' or t.debit_account = ${account} and t.debit_account like 'savings:%')
        and d.confirmed_at is null and d.taken_back_at is null)::text as "toldCents"`,
  );
  return standing ?? { balanceCents: 0n, toldCents: 0n };
}

/** Whether money that is not proved yet has repaid a loan. Not `exists`: for a page of loans the planner would read all repayments first. */
export const toldRepaymentSql = (loanId: SQL): SQL => sql`((
  select true from repayments r join deposits d on d.id = r.deposit_id
  where r.loan_id = ${loanId} and r.reversed_at is null and d.confirmed_at is null limit 1) is not null)`;
