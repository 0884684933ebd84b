import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { bookGivenTwice } from '#mpesa/payouts/book-given-twice.ts';
import type { CreditSale } from '#mpesa/wiring/purpose.ts';
import { draftCreditNote } from './draft-invoice.ts';
import { splitRefund } from './split-refund.ts';

const Sold = z.object({
  lines: z.array(z.object({ kind: z.string(), grossCents: z.string(), vatClass: z.enum(['A', 'B', 'C', 'D', 'E']) })),
  vat: z.array(
    z.object({ vatClass: z.enum(['A', 'B', 'C', 'D', 'E']), basisPoints: z.number(), netCents: z.string(), vatCents: z.string() }),
  ),
  roundingCents: bigintText,
  invoiceId: z.uuid(),
  credited: z.array(
    z.object({
      lines: z.array(z.object({ sku: z.string(), grossCents: z.string(), vatClass: z.enum(['A', 'B', 'C', 'D', 'E']) })),
      vat: z.array(
        z.object({ vatClass: z.enum(['A', 'B', 'C', 'D', 'E']), basisPoints: z.number(), netCents: z.string(), vatCents: z.string() }),
      ),
      roundingCents: bigintText,
    }),
  ),
  hasEmail: z.boolean(),
  language: z.enum(LANGUAGES),
});

const NAMES = {
  en: { refund: 'Given back', 'refund-donation': 'Gift given back' },
  sw: { refund: 'Pesa zilizorudishwa', 'refund-donation': 'Mchango uliorudishwa' },
};

/** Issues a credit note for what was refunded of a sale, and books what exceeds the sale. Refunds of one invoice run one after the other. */
export const creditSale: CreditSale = async (tx, refund) => {
  // lock the payment first, as everyone does who takes its money back: a credit note locks both through its foreign keys
  await tx.execute(sql`
  select from payments p join invoices i on i.payment_id = p.id and i.kind <> 'credit_note' where p.id = ${refund.paymentId}::uuid
  for key share of p for update of i`);
  const [sold] = await readRows(
    tx,
    Sold,
    sql`
    select p.lines, i.vat, p.amount_cents - p.owed_cents as rounding_cents, i.id as invoice_id,
      (select coalesce(jsonb_agg(jsonb_build_object('lines', c.lines, 'vat', c.vat, 'roundingCents', c.rounding_cents::text)), '[]')
        from invoices c where c.kind = 'credit_note' and c.payment_id = p.id) as credited,
      p.email is not null as has_email, p.language
    from payments p join invoices i on i.payment_id = p.id and i.kind <> 'credit_note' where p.id = ${refund.paymentId}::uuid`,
  );
  if (!sold) throw new Error('A refunded sale has no invoice.');
  const { legs, lines, vat, roundingCents, excessCents } = splitRefund(
    refund.amountCents,
    sold.lines,
    sold.vat,
    sold.roundingCents,
    NAMES[sold.language],
    sold.credited,
  );
  const { payoutId, now } = refund;
  const booked = await isBooked(tx, payoutId);
  if (booked) return false;
  if (excessCents > 0n) await bookGivenTwice(tx, { payoutId, from: ACCOUNTS.refunds, excessCents, now });
  if (!(await transfer(tx, { kind: 'credit_note', sourceId: payoutId, legs, bookedAt: now }))) return true; // nothing was left to be credited
  const totalCents = refund.amountCents - excessCents - roundingCents;
  const { invoiceId, hasEmail } = sold;
  await draftCreditNote(tx, {
    refundId: payoutId,
    invoiceId,
    paymentId: refund.paymentId,
    lines,
    vat,
    totalCents,
    roundingCents,
    reason: refund.reason,
    hasEmail,
    now,
  });
  return true;
};

/** A message may be handled twice: the second time, the first one's credit note would count as that of another refund. */
async function isBooked(tx: Tx, payoutId: string): Promise<boolean> {
  const statement = sql`select exists (select from transfers where kind in ('credit_note', 'given_twice') and source_id = ${payoutId}) as booked`;
  const [row] = await readRows(tx, z.object({ booked: z.boolean() }), statement);
  return row?.booked ?? false;
}
