import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import type { App } from '../wiring/app.ts';

/** That a receipt waits for its second person and has been reported meanwhile, as it was recorded. */
const IS_FOUND = sql`r.state = 'asked' and d.receipt = r.receipt and d.amount_cents = r.amount_cents and coalesce(r.deposit_id, d.id) = d.id`;

/** Ends what a second person had to look at where Safaricom, or a signed statement, has reported the receipt meanwhile, and as it was recorded. Safe at any frequency. */
export async function closeFoundReceipts({ db, clock }: Pick<App, 'db' | 'clock'>): Promise<{ found: number }> {
  const now = clock.now();
  const found = await readRows(
    db,
    z.object({ id: z.uuid() }),
    sql`
    with found as (
      update recorded_receipts r set state = 'found', decided_at = ${instantSql(now)}, deposit_id = d.id
      from deposits d where ${IS_FOUND}
      returning r.id
    ), audited as (${recordSql({
      ...{ actor: 'malipo', action: 'receipt_decided', subject: sql`id::text`, happenedAt: now, from: sql`found` },
      ...{ before: sql`to_jsonb('asked'::text)`, after: sql`jsonb_build_object('state', 'found')` },
    })}), closed as (${closeTasksSql({
      ...{ kinds: ['receipt_recorded'], subjects: sql`select id::text from found`, closedAt: now },
      note: 'Safaricom has reported it itself.',
    })})
    select id from found`,
  );
  return { found: found.length };
}

/** Due at once while there is one, as a value in a statement. */
export const foundDueSql = (_app: unknown, at: SQL): SQL =>
  sql`(select ${at} where exists (select from recorded_receipts r, deposits d where ${IS_FOUND}))`;
