import { type SQL, sql } from 'drizzle-orm';

/* What is left of a deposit where it was parked or sold: in suspense, as a surplus, of a counter sale. What puts it there: payments/allocate.sql. */

/** The refunds, made or under way, of what a deposit has in an account, and reversals that came to this deposit with its receipt (take-reversal-along.sql). */
const givenBackSql = (deposit: SQL, account: 'suspense' | 'customer_credit'): SQL => sql`
  coalesce((select sum(o.amount_cents) from payouts o where o.subject_id = ${deposit} and o.state not in ('declined', 'rejected')
    and (o.source_account = ${account}
      or o.kind = 'reversal' and exists (select from deposits x where x.id = o.subject_id and parked_in_1(x) = ${account}))), 0)`;

/**
 * How much of a deposit is still in suspense, in cents: what was booked there, less matches and refunds made or under way. `deposit` is its
 * id; lock it before you take from it.
 */
export const leftInSuspenseSql = (deposit: SQL): SQL => sql`(
  coalesce((select sum(t.amount_cents) from transfers t where t.kind = 'suspense' and t.source_id = ${deposit}::text), 0)
  - coalesce((select sum(t.amount_cents) from transfers t where t.kind in ('claimed', 'merged', 'taken_back') and t.source_id = ${deposit}::text and t.debit_account = 'suspense'), 0)
  + coalesce((select sum(u.amount_cents) from unmatches u where u.deposit_id = ${deposit}), 0)
  - coalesce((select sum(m.amount_cents) from matches m where m.deposit_id = ${deposit}), 0)
  - ${givenBackSql(deposit, 'suspense')})::bigint`;

/** How much of a deposit was booked as customer credit, in cents, before refunds. `deposit` is its id. */
export const surplusOfSql = (deposit: SQL): SQL => sql`(
  coalesce((select sum(case t.credit_account when 'customer_credit' then t.amount_cents else -t.amount_cents end) from transfers t
    where t.source_id = ${deposit}::text and t.kind in ('surplus', 'swapped', 'claimed', 'merged', 'taken_back') and 'customer_credit' in (t.debit_account, t.credit_account)), 0))::bigint`;

/** How much of a deposit is still customer credit, in cents, less refunds made or under way. `deposit` is its id. */
export const surplusLeftSql = (deposit: SQL): SQL => sql`(${surplusOfSql(deposit)} - ${givenBackSql(deposit, 'customer_credit')})::bigint`;

/** How much of a deposit is still a counter sale, in cents, less refunds made or under way. `deposit` is its id. */
export const leftOverCounterSql = (deposit: SQL): SQL => sql`(
  coalesce((select sum(c.cents) from over_counter_2(${deposit}) c), 0)
  - coalesce((select sum(o.amount_cents) from payouts o where o.subject_id = ${deposit} and o.source_account = 'refunds' and o.payment_id is null
    and o.state not in ('declined', 'rejected') and not exists (select from transfers t where t.kind in ('credit_note', 'given_twice') and t.source_id = o.id::text)), 0))::bigint`;
