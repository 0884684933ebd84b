import { sql } from 'drizzle-orm';
import { type AnyPgColumn, index, integer, jsonb, pgTable, primaryKey, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, cents, encrypted, id } from '#ground/db/columns.ts';
import { payments } from '#mpesa/payments/payments.schema.ts';
import type { VatClass, VatOfClass } from '../vat/vat.schema.ts';

/** A line as it was sold: name, price and VAT class are copied, so that a later price list cannot change an invoice. Amounts are cents as text. */
export type InvoiceLine = {
  sku: string;
  name: string;
  quantity: number;
  unitCents: string;
  grossCents: string;
  vatClass: VatClass;
};

/** An invoice or receipt for a payment. It gets its gap-free number in a later statement of its own, once its booking is committed. */
export const invoices = pgTable(
  'invoices',
  {
    id: id(),
    paymentId: uuid('payment_id')
      .notNull()
      .references(() => payments.id),
    kind: text('kind', { enum: ['invoice', 'receipt', 'credit_note'] }).notNull(),
    /** The invoice that a credit note takes back in part or in full. */
    creditsId: uuid('credits_id').references((): AnyPgColumn => invoices.id),
    /** The payout that refunded what a credit note takes back; null where we sent no money, because it never came or was given back elsewhere. */
    refundId: uuid('refund_id'),
    year: integer('year'),
    sequence: integer('sequence'),
    issuedAt: at('issued_at'),
    lines: jsonb('lines').$type<InvoiceLine[]>().notNull(),
    vat: jsonb('vat').$type<VatOfClass[]>().notNull(),
    totalCents: cents('total_cents').notNull(),
    roundingCents: cents('rounding_cents').notNull(),
    controlUnit: jsonb('control_unit').$type<{
      unitSerial: string;
      invoiceNumber: string;
      signature: string;
      qrUrl?: string;
      at: string;
    }>(),
    sentAt: at('sent_at'),
    /** Why the credit note was made, in the words of the person who gave the reason: the customer reads them. */
    reason: encrypted('reason'),
    createdAt: at('created_at').notNull(),
  },
  (t) => [
    uniqueIndex('invoices_payment').on(t.paymentId).where(sql`${t.kind} <> 'credit_note'`),
    unique('invoices_number').on(t.kind, t.year, t.sequence),
    index('invoices_unnumbered').on(t.createdAt).where(sql`${t.sequence} is null`),
  ],
);

/** The last number given, per series and year: one row each, so that numbers have no gaps. */
export const invoiceCounters = pgTable(
  'invoice_counters',
  { kind: text('kind').notNull(), year: integer('year').notNull(), last: integer('last').notNull() },
  (t) => [primaryKey({ columns: [t.kind, t.year] })],
);
