import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { payments } from '#mpesa/payments/payments.schema.ts';
import { bookings } from './bookings.schema.ts';

const Line = z.object({
  sku: z.string(),
  name: z.string(),
  quantity: z.number(),
  unitCents: z.string(),
  grossCents: z.string(),
  vatClass: z.enum(['A', 'B', 'C', 'D', 'E']),
});

const BOOKING = pick(bookings, 'b', ['id', 'state', 'providerPhone', 'autoTo', 'autoKeepCents', 'autoResolveAt', 'payoutId']);
const PAYMENT = pick(payments, 'p', ['caller', 'reference', 'lines', 'owedCents', 'amountCents']);

const Locked = z.object({
  ...BOOKING.row.shape,
  ...PAYMENT.row.shape,
  lines: z.tuple([Line]),
  /** The part of the fee that is still there to decide about: less what was given back in the portal. */
  heldCents: bigintText,
  hasEmail: z.boolean(),
  depositId: z.uuid().nullable(),
});

/** A booking whose row and payment are locked until the transaction ends, with all that a decision rests on. */
export type LockedBooking = z.output<typeof Locked>;

/** Locks a booking: always the payment first, then the booking. It is read in a later statement, which sees what was taken back of its fee while we waited. */
export async function lockBooking(tx: Tx, id: string): Promise<LockedBooking | undefined> {
  await tx.execute(sql`select from payments where id = ${id}::uuid for update`);
  await tx.execute(sql`select from bookings where id = ${id}::uuid for update`);
  const [booking] = await readRows(
    tx,
    Locked,
    sql`
    select ${BOOKING.list}, ${PAYMENT.list}, held_of_booking_2(b.id) as held_cents, p.email is not null as has_email, p.counted_deposit_id as deposit_id
    from bookings b join payments p on p.id = b.id
    where b.id = ${id}::uuid`,
  );
  return booking;
}

/**
 * Locks a booking that the caller may decide about: a person may decide about any, an API key about its own and those that visitors made. Throws
 * `booking_not_found`.
 */
export async function lockBookingOf(tx: Tx, id: string, caller: Caller): Promise<LockedBooking> {
  const booking = await lockBooking(tx, id);
  if (!booking || !(caller.person || [caller.id, 'public'].includes(booking.caller)))
    throw new AppError('booking_not_found', 'There is no such booking.');
  return booking;
}
