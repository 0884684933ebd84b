import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';

const BATCH = 500;

/**
 * Gives the oldest unnumbered invoices the next numbers of their series and of the running Nairobi year, without gaps. One small statement: the counter
 * is locked no longer than that. Safe to run at the same time as itself. Returns how many it numbered. print-number.ts has the printed form.
 */
export async function numberInvoices(db: Db, now: Date): Promise<number> {
  const at = instantSql(now);
  const numbered = await readRows(
    db,
    z.object({ id: z.uuid() }),
    sql`
    with due as materialized (
      select id, kind, row_number() over (partition by kind order by created_at, id)::int as place, extract(year from ${at} at time zone 'Africa/Nairobi')::int as year
      from (select * from invoices where sequence is null order by created_at, id limit ${BATCH} for update skip locked) locked
    ), counter as (
      insert into invoice_counters as c (kind, year, last)
      select kind, year, count(*) from due group by kind, year
      on conflict (kind, year) do update set last = c.last + excluded.last
      returning kind, year, last
    )
    update invoices i set year = d.year, issued_at = ${at}, sequence = c.last - (select count(*) from due o where o.kind = d.kind) + d.place
    from due d join counter c on c.kind = d.kind and c.year = d.year
    where i.id = d.id
    returning i.id`,
  );
  return numbered.length;
}

/** Due at once while an invoice has no number, as a value in a statement. */
export const numbersDueSql = (_app: unknown, at: SQL): SQL =>
  sql`(select ${at} where exists (select from invoices where sequence is null))`;
