import { type SQL, sql } from 'drizzle-orm';

/**
 * A `select` of the ids of deposits that repay a loan from which a repayment of the given deposit was reversed: they now pay what it had paid. `deposit` is an
 * SQL expression of the id.
 */
export const repaidBesideSql = (deposit: SQL): SQL => sql`
  select o.deposit_id as id from repayments r join repayments o on o.loan_id = r.loan_id and o.reversed_at is null
  where r.reversed_at is not null and r.source_id = any(array(select ${deposit}::text union all select m.id::text from matches m where m.deposit_id = ${deposit}))`;

/** Whether a repayment was reversed. `source` is an SQL expression: the id, as text, of the deposit or the match that the repayment came from. */
export const wasUnpaidSql = (source: SQL): SQL =>
  sql`exists (select from repayments r where r.source_id = ${source} and r.reversed_at is not null)`;

/** The total to be sent for a loan, in cents: `sentCents` in SQL; null where there is no such loan. `loan` is an SQL expression of its id. */
export const loanToSendSql = (loan: SQL): SQL => sql`(
  select l.principal_cents - case t.fee_charged when 'deducted' then l.fee_cents else 0 end from loans l join loan_products t on t.id = l.product_id where l.id = ${loan})`;

/** `loan` or `savings` where the reference `bare` is that of a loan or an account of the `person`, both SQL expressions of text; null otherwise. */
export const ownKindSql = (bare: SQL, person: SQL): SQL => sql`(
  select s.kind from standing_references s left join loans l on s.kind = 'loan' and l.id = s.subject_id left join member_accounts a on s.kind = 'savings' and a.id = s.subject_id
  join members m on m.id = coalesce(l.member_id, a.member_id) where s.typed = ${bare} and 'person:' || m.person_id = ${person})`;
