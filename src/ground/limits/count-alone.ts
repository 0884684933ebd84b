import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';

/**
 * Counts an amount that one person approves alone towards a sum per Nairobi day, in whole shillings, exact under concurrency: that of the
 * single row that `from` yields, if any. Above the sum it stops the batch with `second_person_needed`, and nothing is counted.
 */
export const countAloneSql = (counted: {
  whose: SQL;
  why: 'day' | 'payee';
  most: bigint;
  amountCents: SQL;
  from: SQL;
  now: Date;
}): SQL => sql`
  with wanted as (
    select concat_ws(':', 'alone', ${counted.why}::text, ${counted.whose}, (${instantSql(counted.now)} at time zone 'Africa/Nairobi')::date) as key,
      (${counted.amountCents} + 99) / 100 as shillings
    from ${counted.from}
  ), counted as (
    insert into counters as c (key, count) select key, shillings from wanted where shillings <= ${shillings(counted.most)}
    on conflict (key) do update set count = c.count + excluded.count where c.count + excluded.count <= ${shillings(counted.most)}
    returning true
  )
  select case when exists (select from wanted) and not exists (select from counted)
    then refuse('second_person_needed', jsonb_build_object('why', ${counted.why}::text)) else true end`;

const shillings = (cents: bigint): SQL => sql`${(cents / 100n).toString()}::int`;
