import { type SQL, sql } from 'drizzle-orm';
import { encrypt } from '#ground/db/encryption.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';

/** Puts the reason on the credit notes that were drafted just now because money was taken back. `payments` is a `select` of the ids of whose they are. */
export async function sayWhyCredited(tx: Tx, { payments, reason, now }: { payments: SQL; reason: string; now: Date }): Promise<void> {
  await tx.execute(sql`
  update invoices set reason = ${encrypt(reason, 'reason')}
  where kind = 'credit_note' and refund_id is null and reason is null and created_at = ${instantSql(now)}
    and payment_id in (${payments})`);
}
