import { type SQL, sql } from 'drizzle-orm';

/** The deposit that a transfer's source id is, or that it took out of suspense or put back there: a row of `deposits`, or none. */
export const depositOfSql = (sourceId: SQL): SQL => sql`(
  select d.* from (select case when ${sourceId} ~ '^[0-9a-f-]{36}$' then (${sourceId})::uuid end as id) s
  join deposits d on d.id = coalesce((select deposit_id from matches where id = s.id), (select deposit_id from unmatches where id = s.id), s.id))`;

/** What of a liability's balance a notice alone has told of, in cents: it is shown, and counts for nothing that leaves. */
export const toldPartSql = (account: SQL): SQL => sql`(
  select coalesce(sum(case when t.credit_account = ${account} then t.amount_cents else -t.amount_cents end), 0)
  from transfers t cross join lateral ${depositOfSql(sql`t.source_id`)} d
  where ${account} in (t.debit_account, t.credit_account) and d.confirmed_at is null and d.taken_back_at is null)`;
