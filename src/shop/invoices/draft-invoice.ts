import { type SQL, sql } from 'drizzle-orm';
import { newId } from '#ground/db/columns.ts';
import { encrypt } from '#ground/db/encryption.ts';
import { instantSql } from '#ground/db/rows.ts';
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

/** Puts the reason on the credit notes that were drafted just now because money was taken back. `payments` is a `select` of the ids of their payments. */
export async function sayWhyCredited(tx: Tx, { payments, reason, now }: { payments: SQL; reason: string; now: Date }): Promise<void> {
  await tx.execute(sql`
  update invoices set reason = ${encrypt(reason, 'reason')}
  where kind = 'credit_note' and refund_id is null and reason is null and created_at = ${instantSql(now)}
    and payment_id in (${payments})`);
}
