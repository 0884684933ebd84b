import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { pick } from '#ground/db/pick.ts';
import { bigintText, decrypted, instant, readRows } from '#ground/db/rows.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { CAME_AFTER_ALL, customerMessage } from '#mpesa/payments/customer-message.ts';
import { maskPayer } from '#mpesa/payments/mask-payer.ts';
import { deposits, PAYMENT_STATUSES, payments } from '#mpesa/payments/payments.schema.ts';
import { HOW_IT_STANDS } from '#mpesa/payouts/how-it-stands.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { InvoiceDocument, VatClass } from './invoice-document.ts';
import { invoices } from './invoices.schema.ts';
import { printNumber } from './print-number.ts';

const INVOICE = pick(invoices, 'i', [
  ...(['kind', 'year', 'sequence', 'issuedAt', 'reason'] as const),
  ...(['lines', 'vat', 'totalCents', 'roundingCents', 'controlUnit'] as const),
]);
const PAYMENT = pick(payments, 'p', ['reference', 'language', 'phone', 'email', 'name', 'failureCode', 'amountCents']);
const DEPOSIT = pick(deposits, 'd', ['receipt', 'settledAt']);

const Row = z.object({
  ...INVOICE.row.shape,
  ...PAYMENT.row.shape,
  ...DEPOSIT.row.shape,
  status: z.enum(PAYMENT_STATUSES),
  creditsKind: z.enum(['invoice', 'receipt']).nullable(),
  creditsYear: z.number().nullable(),
  creditsSequence: z.number().nullable(),
  creditsCents: bigintText.nullable(),
  lines: z.array(z.object({ name: z.string(), quantity: z.number(), unitCents: bigintText, grossCents: bigintText, vatClass: VatClass })),
  vat: z.array(z.object({ vatClass: VatClass, basisPoints: z.number(), netCents: bigintText, vatCents: bigintText })),
  controlUnit: z
    .object({ unitSerial: z.string(), invoiceNumber: z.string(), signature: z.string(), qrUrl: z.string().optional(), at: instant })
    .nullable(),
  promptedPhone: decrypted('phone').nullable(),
  payerPhone: decrypted('payer_phone').nullable(),
  payerTail: z.string().nullable(),
  paidAt: instant,
  isRefund: z.boolean(),
  refundReceipt: z.string().nullable(),
  refundedAt: instant.nullable(),
  refundPhone: decrypted('phone').nullable(),
  proved: z.boolean(),
  refuted: z.boolean(),
  givenBackCents: bigintText.nullable(),
  refundedCents: bigintText.nullable(),
  cameAfterAll: z.enum(CAME_AFTER_ALL).nullable(),
  notes: z.array(z.object({ year: z.number().nullable(), sequence: z.number().nullable(), cents: bigintText })),
});

/** An invoice ready to print, with what its e-mail needs to know. */
export type ReadInvoice = { document: InvoiceDocument; email: string | null; settledAt: Date; receiptKnown: boolean };

/** Reads an invoice; nothing when there is none, or when it, or a credit note of it, has no number yet. One round trip. */
export async function readInvoice({ db, config }: Pick<App, 'db' | 'config'>, id: string): Promise<ReadInvoice | undefined> {
  const [row] = await readRows(
    db,
    Row,
    sql`
    select ${INVOICE.list}, ${PAYMENT.list}, p.state as status, ${DEPOSIT.list},
      o.kind as credits_kind, o.year as credits_year, o.sequence as credits_sequence, o.total_cents as credits_cents,
      case when a.phone_hash = p.phone_hash then p.phone end as prompted_phone, case when a.id is null then d.payer_phone end as payer_phone,
      coalesce(a.phone_tail, d.payer_tail) as payer_tail, coalesce(d.moved_at, d.settled_at) as paid_at,
      i.refund_id is not null as is_refund, r.phone as refund_phone, coalesce(w.receipt, r.portal_receipt) as refund_receipt, w.at as refunded_at,
      ${HOW_IT_STANDS},
      coalesce(case when p.state in ('refunded', 'reversed') then (select jsonb_agg(jsonb_build_object('year', n.year, 'sequence', n.sequence, 'cents', n.total_cents::text) order by n.created_at, n.id)
        from invoices n where n.credits_id = i.id and i.kind <> 'credit_note' and n.payment_id = i.payment_id) end, '[]') as notes
    from invoices i left join invoices o on o.id = i.credits_id join payments p on p.id = i.payment_id join deposits d on d.id = p.counted_deposit_id
      left join attempts a on a.id = d.attempt_id
      left join payouts r on r.id = i.refund_id
      left join lateral (select string_agg(w.receipt, ', ' order by w.part) as receipt, max(coalesce(w.moved_at, w.settled_at)) as at
        from withdrawals w where w.payout_id = r.id and w.state = 'paid') w on true
    where i.id = ${id}::uuid`,
  );
  if (!row || row.year === null || row.sequence === null || row.issuedAt === null) return undefined;
  const credited = creditedBy(row);
  if (credited === 'unnumbered') return undefined;
  const { name: seller, kraPin, address, email, phone, colour } = config.organisation;
  const document = InvoiceDocument.parse({
    kind: row.kind,
    number: printNumber(row.kind, row.year, row.sequence),
    issuedAt: row.issuedAt,
    language: row.language,
    ...(row.creditsKind &&
      row.creditsYear &&
      row.creditsSequence && { creditsNumber: printNumber(row.creditsKind, row.creditsYear, row.creditsSequence) }),
    seller: { name: seller, kraPin, address, email, phone, colour },
    buyer: { name: row.name ?? undefined, email: row.email ?? undefined, phoneMasked: maskPhone(row.phone) },
    lines: row.lines.map(({ name, ...line }) => ({ description: name, ...line })),
    vat: row.vat.map(({ basisPoints, ...rest }) => ({ ratePercent: String(basisPoints / 100), ...rest })),
    totalCents: row.totalCents,
    roundingCents: row.roundingCents,
    payment: { ...movedMoney(row), ...standing(row), reference: row.reference },
    credited,
    reason: row.reason ?? undefined,
    isPart: row.creditsCents !== null && row.totalCents < row.creditsCents,
    control: row.controlUnit ?? undefined,
  });
  return { document, email: row.email, settledAt: row.settledAt, receiptKnown: row.receipt !== null };
}

/** The payment of an invoice, with its payer as far as known; for a credit note, the money that was sent back, if any. */
function movedMoney(row: z.output<typeof Row>) {
  const phone = row.refundPhone ?? row.promptedPhone;
  const payerMasked = (phone ? maskPhone(phone) : maskPayer(row.payerPhone, row.payerTail)) ?? undefined;
  if (row.kind !== 'credit_note') return { receipt: row.receipt ?? undefined, paidAt: row.paidAt, payerMasked };
  return row.isRefund
    ? { receipt: row.refundReceipt ?? undefined, paidAt: row.refundedAt ?? row.issuedAt ?? undefined, payerMasked }
    : { payerMasked };
}

/** Whether the money is proved, and what the customer's page says about a payment that is not simply paid. */
function standing(row: z.output<typeof Row>) {
  const { status, proved, refuted, givenBackCents } = row;
  const proof = proved ? ('proved' as const) : refuted ? ('refuted' as const) : ('told' as const);
  const plain = status === 'paid' && proved && !givenBackCents;
  return plain ? { proof } : { proof, standing: customerMessage({ ...row, earlierMayBePaid: false }) };
}

/** The numbers of an invoice's credit notes, and whether they take back all of it. */
function creditedBy({ notes, totalCents }: z.output<typeof Row>): InvoiceDocument['credited'] | 'unnumbered' {
  if (notes.length === 0) return undefined;
  const by = notes.flatMap(({ year, sequence }) => (year && sequence ? [printNumber('credit_note', year, sequence)] : []));
  return by.length < notes.length ? 'unnumbered' : { by, whole: notes.reduce((sum, { cents }) => sum + cents, 0n) === totalCents };
}
