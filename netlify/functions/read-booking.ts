import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ReadBookingInput, readBooking } from '#shop/bookings/present-booking.ts';

/** A page asks how a booking stands, by its unguessable id. */
export default endpoint({ auth: 'public', input: ReadBookingInput }, readBooking);

export const config: Config = { path: '/api/bookings/:id', method: ['GET', 'OPTIONS'] };
