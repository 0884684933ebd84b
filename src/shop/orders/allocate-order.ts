import { sql } from 'drizzle-orm';
import type { Tx } from '#ground/db/types.ts';
import type { SettledPayment } from '#mpesa/wiring/purpose.ts';

/**
 * Books a paid order: clearing to sales (or donations), VAT and rounding, by the rates of the day it was paid; drafts its invoice and promises the e-mail: sell.sql has
 * the rule. Safe to call twice.
 */
export async function allocateOrder(tx: Tx, { id, sourceId, settledAt }: SettledPayment, now: Date): Promise<void> {
  const [paidAt, at] = [settledAt.toISOString(), now.toISOString()];
  await tx.execute(
    sql`select sell_1(p, ${sourceId}::uuid, ${paidAt}::timestamptz, ${at}::timestamptz) from payments p where p.id = ${id}::uuid`,
  );
}
