import { sql } from 'drizzle-orm';
import type { Tx } from '#ground/db/types.ts';
import type { SettledPayment } from '#mpesa/wiring/purpose.ts';

/** Books a paid booking: clearing to escrow, and the fee is held: hold-booking.sql has the rule. */
export async function holdBooking(tx: Tx, { id }: SettledPayment, now: Date): Promise<void> {
  await tx.execute(sql`select hold_booking_1(p, ${now.toISOString()}::timestamptz) from payments p where p.id = ${id}::uuid`);
}
