import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { balances } from '#books/ledger/balance.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { printNumber } from '#shop/invoices/print-number.ts';
import type { Truth } from '../daraja/truth.ts';

const Row = z
  .object({
    status: z.string(),
    amountCents: bigintText,
    calledBack: z.boolean(),
    receipt: z.string().nullable(),
    allocated: z.boolean(),
    kind: z.enum(['invoice', 'receipt']).nullable(),
    year: z.number().nullable(),
    sequence: z.number().nullable(),
    sent: z.boolean(),
  })
  .transform(({ kind, year, sequence, ...row }) => ({
    ...row,
    invoiceNumber: kind !== null && year !== null && sequence !== null ? printNumber(kind, year, sequence) : null,
  }));

/** How far a payment has come, as the database knows it: what Safaricom said, what was booked, numbered and mailed. */
export async function readProgress(db: Db, paymentId: string): Promise<z.output<typeof Row>> {
  const [row] = await readRows(
    db,
    Row,
    sql`
    select p.state as status, p.amount_cents, d.receipt, coalesce(d.allocated_at is not null, false) as allocated,
      i.kind, i.year, i.sequence, coalesce(i.sent_at is not null, false) as sent,
      exists (select from evidence e join attempts a on a.id = e.subject_id where a.payment_id = p.id and e.source = 'callback') as called_back
    from payments p left join deposits d on d.id = p.counted_deposit_id left join invoices i on i.payment_id = p.id
    where p.id = ${paymentId}::uuid`,
  );
  if (!row) throw new Error(`The database does not know the payment ${paymentId}.`);
  return row;
}

/** Whether the ledger has booked exactly the money that M-PESA moved, including what M-PESA charged and what went to the bank; and what still waits in clearing. */
export async function compareBooks(
  db: Db,
  truth: Pick<Truth, 'receivedCents' | 'sentCents'>,
): Promise<{ agree: boolean; clearingCents: bigint; chargedCents: bigint }> {
  const { paybill_float = 0n, paybill_told = 0n, mpesa_charges = 0n, bank_clearing = 0n, clearing = 0n } = await balances(db);
  const bookedCents = paybill_float + paybill_told + mpesa_charges + bank_clearing;
  return {
    agree: bookedCents === BigInt(truth.receivedCents) - BigInt(truth.sentCents),
    clearingCents: clearing,
    chargedCents: mpesa_charges,
  };
}
