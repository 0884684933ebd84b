import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { PartAccountId } from '#books/ledger/accounts.ts';
import { bigintText, instantSql, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';

/**
 * The deposit behind a transfer's source id, which may be that of the deposit, of a match or unmatch, of a repayment, or of a refund's
 * withdrawal: a row of `deposits`, or none.
 */
export const depositOfSql = (sourceId: SQL): SQL => sql`(
  select d.* from (select case when ${sourceId} ~ '^[0-9a-f-]{36}$' then (${sourceId})::uuid end as id) s
  join deposits d on d.id = coalesce((select deposit_id from matches where id = s.id), (select deposit_id from unmatches where id = s.id),
    (select deposit_id from repayments where id = s.id),
    (select o.subject_id from withdrawals w join payouts o on o.id = w.payout_id where w.id = s.id and o.kind = 'refund'), s.id))`;

/**
 * The unproved part of a member's savings, in cents, as a row. `told_cents`: told deposits and the excess of told repayments. `pushed_cents`: the excess of
 * proved repayments that came after told money had paid the same loan; should that money be refuted, the loan needs the excess back. `until` leaves out what
 * was booked later.
 */
export const toldOfSavingsSql = (account: PartAccountId, until?: Date): SQL => {
  const before = (column: SQL): SQL => (until ? sql`and ${column} < ${instantSql(until)}` : sql``);
  return sql`
  select coalesce(sum(x.excess_cents) filter (where x.told), 0) + (
      select coalesce(sum(case when t.credit_account = ${account} then t.amount_cents else -t.amount_cents end), 0)
      from transfers t cross join lateral ${depositOfSql(sql`t.source_id`)} d
      where (t.credit_account = ${account} and t.credit_account like 'savings:%' or t.debit_account = ${account} and t.debit_account like 'savings:%')
        and t.kind not in ('repayment', 'repayment_corrected', 'unmatch') and d.confirmed_at is null and d.taken_back_at is null ${before(sql`t.booked_at`)}
    ) as told_cents,
    coalesce(sum(x.excess_cents) filter (where not x.told and (x.booked_at >= x.told_at or x.received_at >= x.told_of)), 0) as pushed_cents
  from (
    select r.excess_cents, r.booked_at, r.received_at, d.confirmed_at is null as told,
      min(r.booked_at) filter (where d.confirmed_at is null and r.amount_cents > 0) over (partition by r.loan_id) as told_at,
      min(r.received_at) filter (where d.confirmed_at is null and r.amount_cents > 0) over (partition by r.loan_id) as told_of
    from member_accounts a join loans l on l.member_id = a.member_id join repayments r on r.loan_id = l.id join deposits d on d.id = r.deposit_id
    where a.id = ${account.slice('savings:'.length)}::uuid and a.kind = 'savings' and r.reversed_at is null ${before(sql`r.booked_at`)}
  ) x`;
};

const Standing = z.object({ balanceCents: bigintText, toldCents: bigintText, pushedCents: bigintText });

/**
 * The balance of a savings account in cents, how much of it is only told, and `pushedCents` (see above): these are shown, but cannot leave.
 * The account is given, not joined: savings have indexes of their own.
 */
export async function savingsStanding(db: Reader, account: PartAccountId): Promise<z.output<typeof Standing>> {
  const [standing] = await readRows(
    db,
    Standing,
    sql`
    select (-held_1(${account}))::text as balance_cents, (t.told_cents + t.pushed_cents)::text as told_cents, t.pushed_cents::text
    from (${toldOfSavingsSql(account)}) t`,
  );
  return standing ?? { balanceCents: 0n, toldCents: 0n, pushedCents: 0n };
}

/** Whether unproved money pays a loan. Not by `exists`: for a page of loans the planner would read all repayments first. */
export const toldRepaymentSql = (loanId: SQL): SQL => sql`((
  select true from repayments r join deposits d on d.id = r.deposit_id
  where r.loan_id = ${loanId} and r.reversed_at is null and r.amount_cents > 0 and d.confirmed_at is null limit 1) is not null)`;
