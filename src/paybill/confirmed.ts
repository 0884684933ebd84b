import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { AppError } from '../errors.ts';

/** Refuses to let the money of these deposits leave before it is proved: throws `receipt_unconfirmed`. Ask under their locks. */
export async function requireConfirmed(tx: Tx, depositIds: string[]): Promise<void> {
  const statement = sql`
  select not exists (select from deposits d where d.id = any(${sql.param(depositIds)}::uuid[]) and (d.confirmed_at is null or d.refuted_at is not null)) as confirmed`;
  const [row] = await readRows(tx, z.object({ confirmed: z.boolean() }), statement);
  if (!row?.confirmed)
    throw new AppError(
      'receipt_unconfirmed',
      'Nothing has proved yet that this money came, so it cannot leave again. Safaricom is being asked: try again in some minutes.',
    );
}
