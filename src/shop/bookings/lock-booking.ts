import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { bigintText, decrypted, instant, listOf, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import type { bookings } from './bookings.schema.ts';

const Line = z.object({
  sku: z.string(),
  name: z.string(),
  quantity: z.number(),
  unitCents: z.string(),
  grossCents: z.string(),
  vatClass: z.enum(['A', 'B', 'C', 'D', 'E']),
});

type Row = typeof bookings.$inferSelect;

const Booking = z.object({
  id: z.uuid(),
  state: z.custom<Row['state']>(),
  providerPhone: decrypted('provider_phone').nullable(),
  autoTo: z.custom<Row['autoTo']>(),
  autoKeepCents: bigintText.nullable(),
  autoResolveAt: instant.nullable(),
  payoutId: z.uuid().nullable(),
});

const Payment = z.object({
  caller: z.custom<Caller['id']>(),
  reference: z.string(),
  lines: z.tuple([Line]),
  owedCents: bigintText,
  amountCents: bigintText,
});

const Locked = z.object({
  ...Booking.shape,
  ...Payment.shape,
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
    select ${listOf('b', Booking)}, ${listOf('p', Payment)}, held_of_booking_2(b.id) as held_cents, p.email is not null as has_email, p.counted_deposit_id as deposit_id
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
