import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { showBooking } from './present-booking.ts';

/** Which booking, by its unguessable id. */
export const ReadBookingInput = z.strictObject({ id: z.uuid() });

/** How a booking stands, for whoever holds its id; who may decide about it sees more. Throws `booking_not_found`. One round trip. */
export async function readBooking({ db }: Pick<App, 'db'>, { id }: z.output<typeof ReadBookingInput>, { caller }: Call) {
  return await showBooking(db, id, caller.scopes.includes('bookings:write'));
}
