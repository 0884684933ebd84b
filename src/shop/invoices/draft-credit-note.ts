import { newId } from '#ground/db/columns.ts';
import type { Tx } from '#ground/db/types.ts';
import { enqueue } from '#ground/outbox/enqueue.ts';
import type { VatOfClass } from '../vat/vat.schema.ts';
import { type InvoiceLine, invoices } from './invoices.schema.ts';

/** Drafts the credit note of a refund, once, still without a number, and promises its e-mail if the customer gave an address. */
export async function draftCreditNote(
  tx: Tx,
  note: {
    refundId: string;
    invoiceId: string;
    paymentId: string;
    lines: InvoiceLine[];
    vat: VatOfClass[];
    totalCents: bigint;
    roundingCents: bigint;
    reason: string;
    hasEmail: boolean;
    now: Date;
  },
): Promise<void> {
  const { invoiceId, hasEmail, now, ...rest } = note;
  const id = newId();
  await tx.insert(invoices).values({ id, kind: 'credit_note', creditsId: invoiceId, createdAt: now, ...rest });
  if (hasEmail) await enqueue(tx, `credit_note:${note.refundId}`, { kind: 'invoice_email', invoiceId: id }, now);
}
