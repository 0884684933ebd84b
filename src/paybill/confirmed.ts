import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';

/** True of the deposits with these ids (a uuid[]) when each one's receipt is proved by more than a C2B notice; also of none. Money of others must not leave again. */
const areConfirmedSql = (deposits: SQL): SQL =>
  sql`(not exists (select from deposits d where d.id = any(${deposits}) and d.confirmed_at is null))`;

/** Cents that the ledger counts in the float though nothing but C2B notices tells of them: what may be paid out is the float less these. */
export const unconfirmedCentsSql = (): SQL =>
  sql`(select coalesce(sum(d.amount_cents), 0)::bigint from deposits d where d.confirmed_at is null)`;

/** Refuses to let the money of these deposits leave before their receipts are proved: throws `receipt_unconfirmed`. Ask under their locks. */
export async function requireConfirmed(tx: Tx, depositIds: string[]): Promise<void> {
  const statement = sql`select ${areConfirmedSql(sql`${sql.param(depositIds)}::uuid[]`)} as confirmed`;
  const [row] = await readRows(tx, z.object({ confirmed: z.boolean() }), statement);
  if (!row?.confirmed)
    throw new AppError(
      'receipt_unconfirmed',
      'Safaricom has not confirmed the receipt of this money yet, so it cannot leave again. Try again in some minutes.',
    );
}
