import { type SQL, sql } from 'drizzle-orm';

/** What was or is being given back of what a deposit has in an account, also by a reversal that came here with its receipt (reversal-of-another.sql). */
const givenBackSql = (deposit: SQL, account: 'suspense' | 'customer_credit'): SQL => sql`
  coalesce((select sum(o.amount_cents) from payouts o where o.subject = ${deposit}::text and o.state not in ('declined', 'rejected')
    and (o.source_account = ${account}
      or o.kind = 'reversal' and exists (select from deposits x where x.id::text = o.subject and parked_in_1(x) = ${account}))), 0)`;

/**
 * What of a deposit stands in suspense still, in cents: what was parked there or taken back into it, less what was matched and what was or is being given back.
 * `deposit` is its id; ask under its lock before taking from it.
 */
export const leftInSuspenseSql = (deposit: SQL): SQL => sql`(
  coalesce((select sum(t.amount_cents) from transfers t where t.kind = 'suspense' and t.source_id = ${deposit}::text), 0)
  - coalesce((select sum(t.amount_cents) from transfers t where t.kind in ('claimed', 'merged', 'taken_back') and t.source_id = ${deposit}::text and t.debit_account = 'suspense'), 0)
  + coalesce((select sum(u.amount_cents) from unmatches u where u.deposit_id = ${deposit}), 0)
  - coalesce((select sum(m.amount_cents) from matches m where m.deposit_id = ${deposit}), 0)
  - ${givenBackSql(deposit, 'suspense')})::bigint`;

/** What of a deposit was booked as owed back to its payer, in cents, whatever was given back since. `deposit` is its id. */
export const surplusOfSql = (deposit: SQL): SQL => sql`(
  coalesce((select sum(case t.credit_account when 'customer_credit' then t.amount_cents else -t.amount_cents end) from transfers t
    where t.source_id = ${deposit}::text and t.kind in ('surplus', 'swapped', 'claimed', 'merged', 'taken_back') and 'customer_credit' in (t.debit_account, t.credit_account)), 0))::bigint`;

/** What of a deposit is owed back to its payer still, in cents, less what is being given back. `deposit` is its id. */
export const surplusLeftSql = (deposit: SQL): SQL => sql`(${surplusOfSql(deposit)} - ${givenBackSql(deposit, 'customer_credit')})::bigint`;

/** What of a deposit is a counter sale still, in cents, less what is being given back of it. `deposit` is its id. */
export const leftOverCounterSql = (deposit: SQL): SQL => sql`(
  coalesce((select sum(c.cents) from over_counter_1(${deposit}) c), 0)
  - coalesce((select sum(o.amount_cents) from payouts o where o.subject = ${deposit}::text and o.source_account = 'refunds' and o.payment_id is null
    and o.state not in ('declined', 'rejected') and not exists (select from transfers t where t.kind in ('credit_note', 'given_twice') and t.source_id = o.id::text)), 0))::bigint`;
