import { type SQL, sql } from 'drizzle-orm';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { leftInSuspenseSql, leftOverCounterSql, surplusLeftSql } from '../paybill/left-in-suspense.ts';

/** What has left, or may still leave, by other payouts of the same `of` as this one. */
const byOthersSql = (
  payout: SQL,
  of: SQL,
): SQL => sql`(select coalesce(sum(w.amount_cents), 0) from payouts o join withdrawals w on w.payout_id = o.id
  where o.subject = ${payout}.subject and ${of} and o.id <> ${payout}.id and w.state <> 'rejected')`;

/** What is or was given back of a deposit (`subject`), or of a sale (`payment_id`), this payout included. */
const givenBackSql = (payout: SQL, of: 'subject' | 'payment_id'): SQL => sql`(select sum(o.amount_cents) from payouts o
  where o.${sql.raw(of)} = ${payout}.${sql.raw(of)} and o.kind in ('refund', 'reversal') and o.state not in ('declined', 'rejected'))`;

/**
 * True of a payout that would send more than there was to send, because what M-PESA had rejected has arrived after all: what has left and would leave is compared with what was there, since
 * the times of a result that was kept while the database was away say nothing of what who asked could know. The first payout of a loan asks for all of it. `payout` is its
 * row's name in the statement.
 */
export const arrivedAlreadySql = (payout: SQL): SQL => sql`coalesce(case
  when ${payout}.kind = 'loan' then ${payout}.amount_cents + ${byOthersSql(payout, sql`o.kind = 'loan'`)}
    > (select max(o.amount_cents) from payouts o where o.kind = 'loan' and o.subject = ${payout}.subject)
  when ${payout}.source_account = ${ACCOUNTS.bookingPayable} then ${payout}.amount_cents + ${byOthersSql(payout, sql`o.source_account = ${ACCOUNTS.bookingPayable}`)}
    > (select sum(t.amount_cents) from transfers t where t.kind = 'hold_resolved' and t.source_id = ${payout}.subject and t.credit_account = ${ACCOUNTS.bookingPayable})
  when ${payout}.kind in ('refund', 'reversal') then ${givenBackSql(payout, 'subject')} > (select d.amount_cents from deposits d where d.id = ${payout}.subject::uuid)
    or case ${payout}.source_account
      when ${ACCOUNTS.suspense} then ${leftInSuspenseSql(sql`${payout}.subject::uuid`)} < 0
      when ${ACCOUNTS.customerCredit} then ${surplusLeftSql(sql`${payout}.subject::uuid`)} < 0
      else ${payout}.payment_id is null and ${leftOverCounterSql(sql`${payout}.subject::uuid`)} < 0 or ${givenBackSql(payout, 'payment_id')} > (select c.amount_cents from payments c where c.id = ${payout}.payment_id) end
  end, false)`;
