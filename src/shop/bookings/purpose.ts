import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import type { Purpose, SettledPayment } from '#mpesa/wiring/purpose.ts';

/** The fee of a booking. Its payment is made together with the booking, so that it is never priced by a prompt, and it is held when it is paid. */
export const bookingFee: Purpose = {
  quote: () => {
    throw new AppError('type_not_offered', 'A booking fee is paid for a booking: POST /api/bookings makes one, then send its bookingId.');
  },
  allocate: holdBooking,
};

/** Books a paid booking: clearing to escrow, and the fee is held: hold-booking.sql has the rule. */
async function holdBooking(tx: Tx, { id }: SettledPayment, now: Date): Promise<void> {
  await tx.execute(sql`select hold_booking_2(p, ${instantSql(now)}) from payments p where p.id = ${id}::uuid`);
}
