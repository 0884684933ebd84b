import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { METADATA_COLUMNS, MetadataRow, readMetadata } from '#mpesa/payments/metadata.ts';
import { PAYMENT_STATUSES, payments } from '#mpesa/payments/payments.schema.ts';
import { TOLD_WAITS } from '#mpesa/payments/told-waits.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { bookings } from './bookings.schema.ts';

const BOOKING = pick(bookings, 'b', ['id', 'state', 'expiresAt', 'heldAt', 'resolvedAt', 'autoTo', 'autoResolveAt', 'incomeCents']);
const PAYMENT = pick(payments, 'p', ['reference', 'lines', 'amountCents', 'phone', 'externalReference', 'createdAt']);

/** A booking as it is shown: a row of `readBookingSql`. */
export const BookingRow = z.object({
  ...BOOKING.row.shape,
  ...PAYMENT.row.shape,
  ...MetadataRow,
  status: z.enum(PAYMENT_STATUSES),
  lines: z.tuple([z.object({ sku: z.string(), name: z.string() })]),
  heldCents: bigintText,
  proved: z.boolean().nullable(),
  toldWaits: z.boolean(),
  payoutId: z.uuid().nullable(),
  payoutKind: z.string().nullable(),
  payoutState: z.string().nullable(),
  payoutCents: bigintText.nullable(),
  invoiced: z.boolean(),
});
export type BookingRow = z.output<typeof BookingRow>;

/** Reads a `BookingRow` by id. */
export const readBookingSql = (id: string): SQL => sql`
  select ${BOOKING.list}, ${PAYMENT.list}, p.state as status, ${METADATA_COLUMNS}, held_of_booking_2(b.id) as held_cents,
    (select d.confirmed_at is not null from deposits d where d.id = p.counted_deposit_id) as proved, ${TOLD_WAITS} as told_waits,
    o.id as payout_id, o.kind as payout_kind, o.state as payout_state, o.amount_cents as payout_cents,
    exists (select from invoices i where i.id = b.id) as invoiced
  from bookings b join payments p on p.id = b.id left join payouts o on o.id = b.payout_id where b.id = ${id}::uuid`;

/** Reads a booking as it is shown. Throws `booking_not_found`. */
export async function showBooking(db: Reader, id: string, isStaff: boolean): Promise<ReturnType<typeof presentBooking>> {
  const [row] = await readRows(db, BookingRow, readBookingSql(id));
  if (!row) throw new AppError('booking_not_found', 'There is no such booking.');
  return presentBooking(row, isStaff);
}

/** A booking in the words of the API: a held fee is `matching`. Only staff see how the fee was split; a customer sees what they get back. */
export function presentBooking(row: BookingRow, isStaff: boolean) {
  const { payoutCents, payoutKind, payoutState: state } = row;
  const payout = payoutCents === null ? null : { amount: shillings(payoutCents), state };
  return {
    bookingId: row.id,
    reference: row.reference,
    state: row.state === 'held' ? 'matching' : row.state,
    sku: row.lines[0].sku,
    name: row.lines[0].name,
    amount: shillings(row.amountCents),
    /** The part of the fee that was given back by hand while it was held; the decision is about the rest. */
    ...(row.heldCents < row.amountCents && { givenBack: shillings(row.amountCents - row.heldCents) }),
    maskedPhone: maskPhone(row.phone),
    paymentStatus: row.toldWaits ? 'unknown' : row.status,
    /** Whether the fee is proved, or only told by a notice; null as long as nothing came. */
    proved: row.toldWaits ? false : row.proved,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    heldAt: row.heldAt?.toISOString() ?? null,
    resolvedAt: row.resolvedAt?.toISOString() ?? null,
    refund: payoutKind === 'refund' ? payout : null,
    externalReference: row.externalReference,
    metadata: readMetadata(row),
    invoiceUrl: row.invoiced ? `/api/invoices/${row.id}.pdf` : null,
    ...(isStaff && {
      autoResolve: row.autoTo && row.autoResolveAt ? { to: row.autoTo, at: row.autoResolveAt.toISOString() } : null,
      income: row.incomeCents === null ? null : shillings(row.incomeCents),
      payout: payout && { payoutId: row.payoutId, to: payoutKind === 'refund' ? 'payer' : 'provider', ...payout },
    }),
  };
}

/** Which booking, by its unguessable id. */
export const ReadBookingInput = z.strictObject({ id: z.uuid() });

/** How a booking stands, for whoever holds its id; callers who may decide about it see more. Throws `booking_not_found`. One round trip. */
export async function readBooking({ db }: Pick<App, 'db'>, { id }: z.output<typeof ReadBookingInput>, { caller }: Call) {
  return await showBooking(db, id, caller.scopes.includes('bookings:write'));
}
