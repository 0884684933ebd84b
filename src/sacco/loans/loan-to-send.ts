import { type SQL, sql } from 'drizzle-orm';

/** What is to be sent for a loan in all, in cents, as `sentCents` says it of one that was read; null where there is no such loan. `loan` is an SQL expression of its id. */
export const loanToSendSql = (loan: SQL): SQL => sql`(
  select l.principal_cents - case t.fee_charged when 'deducted' then l.fee_cents else 0 end from loans l join loan_products t on t.id = l.product_id where l.id = ${loan})`;
