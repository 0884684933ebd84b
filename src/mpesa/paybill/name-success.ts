import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { callSql, callText } from '#ground/db/call-function.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import { bigintText, instant, readRows, rowOf } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import type { recordedReceipts } from './recorded-receipts.schema.ts';

const Nameless = z.object({
  ...{ amountCents: bigintText, shortcode: z.string().nullable(), movedAt: instant, receipt: z.string().nullable() },
  reference: z.string().nullable(),
});

/** A success without a receipt, under the lock under which receipts are tied to successes. Throws `deposit_not_found`, `receipt_known`. */
export async function lockNameless(tx: Tx, depositId: string, usual: string) {
  await tx.execute(sql`select lock_group_1(d.amount_cents) from deposits d where d.id = ${depositId}::uuid`);
  const [found] = await readRows(
    tx,
    Nameless,
    sql`
    select d.amount_cents, d.shortcode, d.moved_at, d.receipt, p.reference from deposits d left join payments p on p.id = d.payment_id
    where d.id = ${depositId}::uuid and d.merged_into is null and d.attempt_id is not null`,
  );
  if (!found)
    throw new AppError(
      'deposit_not_found',
      'No prompt was paid with this money: record its receipt with amount and at, without depositId.',
    );
  const { receipt, reference } = found;
  if (receipt !== null || reference === null)
    throw new AppError(
      'receipt_known',
      `This money has an M-PESA code already: ${receipt}. If it is wrong, import the statement of its day.`,
      { depositId },
    );
  return { ...found, reference, shortcode: found.shortcode ?? usual };
}

const NAME = callText('name_by_people_1', ['uuid', 'text', 'text', 'text', 'timestamptz']);

type Named = Pick<typeof recordedReceipts.$inferSelect, 'id' | 'receipt' | 'recordedBy'> & { depositId: string };

/**
 * Gives a payment that is booked without a receipt the one that two people have found: name-by-people.sql has the rule. It books nothing. Call it under the locks of the
 * amount and the receipt. Returns the hash of what is kept as evidence. Throws as lockNameless, and `receipt_known` for money of our own.
 */
export async function nameSuccess(
  tx: Tx,
  { id, receipt, recordedBy, depositId }: Named,
  { by, usual, now }: { by: string; usual: string; now: Date },
): Promise<{ bodyHash: string } | undefined> {
  await lockNameless(tx, depositId, usual);
  const body = JSON.stringify({ recordedReceipt: id, recordedBy, approvedBy: by, receipt, depositId });
  const params = [depositId, receipt, lookupHash(body), encrypt(body, 'body'), now.toISOString()];
  const { named } = rowOf(z.object({ named: z.boolean() }), (await tx.execute(callSql(NAME, params))).rows);
  return named ? { bodyHash: lookupHash(body) } : undefined;
}
