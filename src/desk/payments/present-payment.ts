import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { pick } from '#ground/db/pick.ts';
import { bigintText, instant } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { CAME_AFTER_ALL, customerMessage } from '#mpesa/payments/customer-message.ts';
import { failureReason } from '#mpesa/payments/failure-reasons.ts';
import { METADATA_COLUMNS, MetadataRow, readMetadata } from '#mpesa/payments/metadata.ts';
import { PAYMENT_STATUSES, payments } from '#mpesa/payments/payments.schema.ts';
import { TOLD_WAITS } from '#mpesa/payments/told-waits.ts';
import { HOW_IT_STANDS } from '#mpesa/payouts/how-it-stands.ts';

const PAYMENT = pick(payments, 'p', [
  ...(['id', 'reference', 'purpose', 'failureCode', 'amountCents', 'language', 'phone', 'externalReference'] as const),
  ...(['createdAt', 'settledAt'] as const),
]);

/** A row of `PAYMENT_COLUMNS`: what is shown of a payment. */
export const PaymentRow = PAYMENT.row.extend({
  ...MetadataRow,
  status: z.enum(PAYMENT_STATUSES),
  liveUntil: instant.nullable(),
  receipt: z.string().nullable(),
  proved: z.boolean().nullable(),
  refuted: z.boolean().nullable(),
  givenBackCents: bigintText.nullable(),
  invoiced: z.boolean(),
  refundedCents: bigintText.nullable(),
  cameAfterAll: z.enum(CAME_AFTER_ALL).nullable(),
  /** Until when an earlier prompt may still be paid. */
  earlierUntil: instant.nullable(),
  toldWaits: z.boolean(),
});

/** The payment, its latest attempt and the deposit that counts. */
export const PAYMENT_TABLES = sql`from payments p left join attempts l on l.id = p.latest_attempt_id left join deposits d on d.id = p.counted_deposit_id`;

/**
 * The columns of `PaymentRow` and their tables, up to the where clause. The invoice is not looked
 * up by `exists`: for a page of payments the planner would read all invoices first.
 */
export const PAYMENT_COLUMNS = sql`
  ${PAYMENT.list}, p.state as status, ${METADATA_COLUMNS}, l.live_until, d.receipt, (select true from invoices i where i.id = p.id) is not null as invoiced,
  ${HOW_IT_STANDS},
  case when p.state = 'pending' then (select max(f.payable_until) from attempts f
    where f.payment_id = p.id and f.id <> p.latest_attempt_id and f.state in ('requested', 'pending', 'unknown')) end as earlier_until,
  ${TOLD_WAITS} as told_waits
  ${PAYMENT_TABLES}`;

/**
 * A payment as the API answers it. Amounts are shillings, times ISO 8601. A payment is `unknown` as soon as its prompt is past its time
 * without a result, and, whatever its prompts say, while told money for it waits for proof.
 */
export function presentPayment(row: z.output<typeof PaymentRow>, now: Date) {
  const unanswered = row.status === 'pending' && row.liveUntil !== null && row.liveUntil <= now;
  const status = row.toldWaits || unanswered ? 'unknown' : row.status;
  return {
    paymentId: row.id,
    reference: row.reference,
    type: row.purpose,
    status,
    amount: shillings(row.amountCents),
    maskedPhone: maskPhone(row.phone),
    failureReason: status === 'failed' ? failureReason(row.failureCode ?? 'unknown') : null,
    customerMessage: customerMessage({ ...row, status, earlierMayBePaid: row.earlierUntil !== null && row.earlierUntil > now }),
    mpesaReceiptNumber: row.receipt,
    /** How much of it we refunded; null where we sent nothing, even if it never came or was reversed in the portal. */
    refundedAmount: row.refundedCents === null ? null : shillings(row.refundedCents),
    /** Whether the money is proved or only told; null as long as nothing came. */
    proved: row.toldWaits ? false : row.settledAt ? row.proved : null,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.liveUntil?.toISOString() ?? null,
    completedAt: row.settledAt?.toISOString() ?? null,
    externalReference: row.externalReference,
    metadata: readMetadata(row),
    invoiceUrl: row.invoiced ? `/api/invoices/${row.id}.pdf` : null,
  };
}
