import * as z from 'zod';
import type { Tx } from '../db/types.ts';
import { draftInvoice } from '../invoices/draft-invoice.ts';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { transfer } from '../ledger/transfer.ts';
import type { SettledPayment } from '../payments/purpose.ts';
import { computeVat } from './compute-vat.ts';
import { readVatRates } from './read-vat-rates.ts';

const Line = z.object({
  sku: z.string(),
  name: z.string(),
  kind: z.enum(['product', 'donation']),
  quantity: z.number(),
  unitCents: z.string(),
  grossCents: z.string(),
  vatClass: z.enum(['A', 'B', 'C', 'D', 'E']),
});

/** Books a paid order: clearing to sales (or donations), VAT and rounding, by the rates of the day it was paid; drafts its invoice and promises the e-mail. */
export async function allocateOrder(tx: Tx, payment: SettledPayment, now: Date): Promise<void> {
  const lines = z.array(Line).parse(payment.lines);
  const rateOf = await readVatRates(tx, payment.settledAt);
  const roundingCents = payment.amountCents - payment.owedCents;
  const legs = [
    ...legsOf(
      ACCOUNTS.sales,
      computeVat(
        lines.filter((line) => line.kind === 'product'),
        rateOf,
      ),
    ),
    ...legsOf(
      ACCOUNTS.donations,
      computeVat(
        lines.filter((line) => line.kind === 'donation'),
        rateOf,
      ),
    ),
    { debit: ACCOUNTS.clearing, credit: ACCOUNTS.rounding, amountCents: roundingCents },
  ];
  await transfer(tx, { kind: 'sale', sourceId: payment.sourceId, legs, bookedAt: now });

  await draftInvoice(tx, payment, {
    kind: lines.every((line) => line.kind === 'donation') ? 'receipt' : 'invoice',
    lines: lines.map(({ kind: _, ...line }) => line),
    vat: computeVat(lines, rateOf),
    roundingCents,
    now,
  });
}

function legsOf(income: typeof ACCOUNTS.sales | typeof ACCOUNTS.donations, vat: ReturnType<typeof computeVat>) {
  return vat.flatMap(({ netCents, vatCents }) => [
    { debit: ACCOUNTS.clearing, credit: income, amountCents: BigInt(netCents) },
    { debit: ACCOUNTS.clearing, credit: ACCOUNTS.vatPayable, amountCents: BigInt(vatCents) },
  ]);
}
