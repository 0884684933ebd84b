import type { Config } from '@netlify/functions';
import { ReadBookingInput, readBooking } from '../../src/bookings/read-booking.ts';
import { endpoint } from '../../src/http/endpoint.ts';

/** A page asks how a booking stands, by its unguessable id. */
export default endpoint({ auth: 'public', input: ReadBookingInput }, readBooking);

export const config: Config = { path: '/api/bookings/:id', method: ['GET', 'OPTIONS'] };
