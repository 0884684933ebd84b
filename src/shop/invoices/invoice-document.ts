import * as z from 'zod';
import { LANGUAGES } from '#ground/text/language.ts';
import { VAT_CLASSES } from '../vat/vat.schema.ts';

const Cents = z.bigint().nonnegative();

/** KRA's bands: A exempt, B 16 %, C zero-rated, D outside VAT, E 8 %. The rate itself travels with the document, because rates change. */
export const VatClass = z.enum(VAT_CLASSES);

const Seller = z.object({
  name: z.string().min(1),
  kraPin: z.string().optional(),
  address: z.array(z.string()),
  email: z.string().optional(),
  phone: z.string().optional(),
  colour: z.string().optional(),
});

const Buyer = z.object({
  name: z.string().optional(),
  email: z.string().optional(),
  phoneMasked: z.string().optional(),
  kraPin: z.string().optional(),
});

const Line = z.object({
  description: z.string(),
  quantity: z.number().positive(),
  unitCents: Cents,
  grossCents: Cents,
  vatClass: VatClass,
});

const Vat = z.object({ vatClass: VatClass, ratePercent: z.string().regex(/^\d{1,2}(\.\d{1,2})?$/), netCents: Cents, vatCents: Cents });

/**
 * The money that moved: what was paid, or what a credit note gives back. Without `paidAt` no money moved. `proof` says whether what was paid is proved, only
 * told by a notice, or refuted; `standing` is what the customer's page says about a payment that is not simply paid.
 */
const Payment = z.object({
  receipt: z.string().optional(),
  paidAt: z.date().optional(),
  reference: z.string(),
  payerMasked: z.string().optional(),
  proof: z.enum(['proved', 'told', 'refuted']),
  standing: z.string().optional(),
});

/** The credit notes of an invoice, and whether they take back all of it. */
const Credited = z.object({ by: z.array(z.string()).min(1), whole: z.boolean() });

/** What a certified control unit answered. Only its presence lets a document show these fields. */
const Control = z.object({
  unitSerial: z.string(),
  invoiceNumber: z.string(),
  signature: z.string(),
  qrUrl: z.string().optional(),
  at: z.date(),
});

/**
 * All that is printed on an invoice, receipt or credit note. Amounts are cents and include VAT; `totalCents` is the sum of the lines, and
 * `roundingCents` what was paid beyond it, because M-PESA moves whole shillings. Parsing refuses a document whose parts do not add up.
 */
export const InvoiceDocument = z
  .object({
    kind: z.enum(['invoice', 'receipt', 'credit_note']),
    number: z.string().min(1),
    issuedAt: z.date(),
    language: z.enum(LANGUAGES),
    seller: Seller,
    buyer: Buyer,
    lines: z.array(Line).min(1),
    vat: z.array(Vat),
    totalCents: Cents,
    roundingCents: Cents,
    payment: Payment,
    control: Control.optional(),
    /** The invoice that a credit note takes back: KRA wants it named. */
    creditsNumber: z.string().min(1).optional(),
    credited: Credited.optional(),
    /** Why the credit note was made, in the words of the person who gave the reason. */
    reason: z.string().optional(),
    /** Whether a credit note takes back only a part: it then says how the part was divided. */
    isPart: z.boolean().optional(),
  })
  .refine((d) => d.totalCents === grossOf(d.lines), 'totalCents must be the sum of the lines')
  .refine((d) => d.vat.every((v) => v.netCents + v.vatCents === grossOf(d.lines.filter((l) => l.vatClass === v.vatClass))), {
    error: 'each VAT class must add up to its lines',
  })
  .refine((d) => d.kind === 'credit_note' || d.payment.paidAt !== undefined, 'only a credit note is without money that moved')
  .refine((d) => d.kind !== 'credit_note' || d.creditsNumber !== undefined, 'a credit note must name the invoice it credits');
export type InvoiceDocument = z.infer<typeof InvoiceDocument>;

const grossOf = (lines: { grossCents: bigint }[]) => lines.reduce((sum, line) => sum + line.grossCents, 0n);

/** What moved on M-PESA: the total and the rounding, in cents. */
export const paidCents = (document: InvoiceDocument): bigint => document.totalCents + document.roundingCents;

/** Whether the words "Tax invoice" are allowed: the seller has a KRA PIN, and at least one line is taxable, even at a rate of zero. */
export const isTaxInvoice = (document: InvoiceDocument): boolean =>
  document.kind === 'invoice' && Boolean(document.seller.kraPin) && document.vat.some((v) => 'BCE'.includes(v.vatClass));

/** Whether the document mentions VAT: one with only lines outside VAT is a plain receipt. */
export const showsVat = (document: InvoiceDocument): boolean => document.vat.some((v) => v.vatClass !== 'D');

/** The seller's colour as #rrggbb; anything else that was configured gives the default, never a broken document. */
export const accentColour = ({ seller: { colour = '' } }: InvoiceDocument): string => (/^#[0-9a-f]{6}$/i.test(colour) ? colour : '#0b7a3b');

/** A name for the attached file: the invoice number, reduced to characters that every mail program and disk accepts. */
export const invoiceFileName = (number: string): string =>
  `${
    number
      .replace(/[^A-Za-z0-9-]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60) || 'invoice'
  }.pdf`;
