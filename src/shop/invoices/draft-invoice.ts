import type { Tx } from '#ground/db/types.ts';
import { enqueue } from '#ground/outbox/enqueue.ts';
import type { SettledPayment } from '#mpesa/wiring/purpose.ts';
import type { VatOfClass } from '../vat/vat.schema.ts';
import { type InvoiceLine, invoices } from './invoices.schema.ts';

/** Drafts a payment's invoice, still without a number, and promises its e-mail if the customer gave an address. The invoice's id is the payment's. Safe to call twice. */
export async function draftInvoice(
  tx: Tx,
  payment: Pick<SettledPayment, 'id' | 'owedCents' | 'hasEmail'>,
  invoice: { kind: 'invoice' | 'receipt'; lines: InvoiceLine[]; vat: VatOfClass[]; roundingCents: bigint; now: Date },
): Promise<void> {
  const { kind, lines, vat, roundingCents, now } = invoice;
  await tx
    .insert(invoices)
    .values({ id: payment.id, paymentId: payment.id, kind, lines, vat, totalCents: payment.owedCents, roundingCents, createdAt: now })
    .onConflictDoNothing();
  if (payment.hasEmail) await enqueue(tx, `invoice:${payment.id}`, { kind: 'invoice_email', invoiceId: payment.id }, now);
}
