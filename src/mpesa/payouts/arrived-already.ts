import { type SQL, sql } from 'drizzle-orm';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import type { Upstairs } from '../wiring/upstairs.ts';
import { leftInSuspenseSql, leftOverCounterSql, surplusLeftSql } from './left-of-deposit.ts';

/** How much has left, or may still leave, by other payouts of the same subject that meet `of`. */
const byOthersSql = (
  payout: SQL,
  of: SQL,
): SQL => sql`(select coalesce(sum(w.amount_cents), 0) from payouts o join withdrawals w on w.payout_id = o.id
  where o.subject_id = ${payout}.subject_id and ${of} and o.id <> ${payout}.id and w.state <> 'rejected')`;

/** Refunds, made or under way, of a deposit (`subject_id`) or of a sale (`payment_id`), this payout included. */
const givenBackSql = (payout: SQL, of: 'subject_id' | 'payment_id'): SQL => sql`(select sum(o.amount_cents) from payouts o
  where o.${sql.raw(of)} = ${payout}.${sql.raw(of)} and o.kind in ('refund', 'reversal') and o.state not in ('declined', 'rejected'))`;

/**
 * How much of a booking's decided fee is to be paid on, less what was taken back or reversed in the portal before it left. `booking` is an
 * SQL expression of its id.
 */
export const owedOfBookingSql = (booking: SQL): SQL => {
  const paid = sql`(select d.id from deposits d where d.payment_id = ${booking} union select m.deposit_id from matches m where m.payment_id = ${booking})`;
  return sql`(
  (select coalesce(sum(t.amount_cents), 0) from transfers t where t.kind = 'hold_resolved' and t.source_id = ${booking}::text and t.credit_account = ${ACCOUNTS.bookingPayable})
  - (select coalesce(sum(t.amount_cents), 0) from transfers t where t.kind = 'taken_back' and t.debit_account = ${ACCOUNTS.bookingPayable} and t.source_id in (select x.id::text from ${paid} x))
  - (select coalesce(sum(o.amount_cents), 0) from payouts o where o.payment_id = ${booking} and o.source_account = ${ACCOUNTS.bookingPayable} and o.subject_id in ${paid}))`;
};

/**
 * Whether a payout would send more than there was to send, because an earlier one that M-PESA had rejected has arrived after all. It
 * compares amounts, not times: a result kept while the database was away may be settled long after it came. `payout` is the SQL alias of
 * its row.
 */
export const arrivedAlreadySql = ({ loanToSendSql }: Upstairs, payout: SQL): SQL => sql`coalesce(case
  when ${payout}.kind = 'loan' then ${payout}.amount_cents + ${byOthersSql(payout, sql`o.kind = 'loan'`)}
    > ${loanToSendSql(sql`${payout}.subject_id`)}
  when ${payout}.source_account = ${ACCOUNTS.bookingPayable} then ${payout}.amount_cents + ${byOthersSql(payout, sql`o.source_account = ${ACCOUNTS.bookingPayable}`)}
    > ${owedOfBookingSql(sql`${payout}.subject_id`)}
  when ${payout}.kind in ('refund', 'reversal') then ${givenBackSql(payout, 'subject_id')} > (select d.amount_cents from deposits d where d.id = ${payout}.subject_id)
    or case ${payout}.source_account
      when ${ACCOUNTS.suspense} then ${leftInSuspenseSql(sql`${payout}.subject_id`)} < 0
      when ${ACCOUNTS.customerCredit} then ${surplusLeftSql(sql`${payout}.subject_id`)} < 0
      else ${payout}.payment_id is null and ${leftOverCounterSql(sql`${payout}.subject_id`)} < 0 or ${givenBackSql(payout, 'payment_id')} > (select c.amount_cents from payments c where c.id = ${payout}.payment_id) end
  end, false)`;
