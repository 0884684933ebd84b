import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instant, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { type Day, nairobiDay } from '#ground/time/nairobi.ts';
import { type Found, uuids } from './holding.ts';

/**
 * Until when the law has us keep who somebody was, and the file of their loans: some years after the last thing that money or a loan of theirs did, and for staff after the
 * last thing that they did here. Nothing where there never was such a thing, nor for a customer, whose sale is a record without their name.
 */
export async function recordsUntil(db: Reader, { ids, personId }: Found, years: number): Promise<Day | undefined> {
  if (personId === null) return undefined;
  const [row] = await readRows(
    db,
    z.object({ last: instant.nullable() }),
    sql`
    select greatest(
      (select max(settled_at) from deposits where id = ${uuids(ids.deposits)}),
      (select max(coalesce(decided_at, requested_at)) from payouts where id = ${uuids(ids.payouts)}),
      (select max(coalesce(closed_at, decided_at, applied_at)) from loans where id = ${uuids(ids.loans)}),
      (select max(booked_at) from transfers where debit_account = any(select 'savings:' || a from unnest(${sql.param(ids.accounts)}::text[]) a)),
      (select max(happened_at) from audit where actor = ${`person:${personId}`} and exists (select from people where id = ${personId}::uuid and role <> 'member'))
    ) as last`,
  );
  if (!row?.last) return undefined;
  const until = new Date(row.last);
  until.setUTCFullYear(until.getUTCFullYear() + years);
  return nairobiDay(until);
}
