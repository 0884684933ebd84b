import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes } from '#ground/money/cents.ts';

const Known = z.object({ id: z.uuid(), amountCents: bigintText, proved: z.boolean() });

/** Refuses a receipt that the books have: as money that came, or as a payout of ours. Throws `receipt_known`. */
export async function refuseKnownReceipt(tx: Tx, receipt: string): Promise<void> {
  const [known] = await readRows(
    tx,
    Known,
    sql`select d.id, d.amount_cents, d.receipt_proved_at is not null as proved from deposits d where d.receipt = ${receipt}`,
  );
  if (known)
    throw new AppError(
      'receipt_known',
      `${receipt} is in the books with ${kes(known.amountCents)}, ${known.proved ? 'proved' : 'not proved yet'}: GET /api/deposits?receipt=${receipt} shows where it stands.`,
      { depositId: known.id },
    );
  const [sent] = await readRows(tx, z.object({ ours: z.boolean() }), sql`select is_paid_out_1(${receipt}) as ours`);
  if (sent?.ours) throw ownMoney(receipt);
}

/** What a receipt is refused as that is none of a customer's. */
export const ownMoney = (receipt: string): AppError =>
  new AppError('receipt_known', `${receipt} is money of our own: a payout, or a movement between bank and M-PESA. It is no payment to us.`);
