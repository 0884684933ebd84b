import type { Config } from '@netlify/functions';
import { resolveBooking } from '../../src/bookings/resolve-booking.ts';
import { ResolveBookingInput } from '../../src/bookings/resolve-booking-input.ts';
import { endpoint } from '../../src/http/endpoint.ts';

/** The organisation decides who gets a fee that is held. */
export default endpoint({ auth: 'bookings:write', input: ResolveBookingInput }, resolveBooking);

export const config: Config = { path: '/api/bookings/:id/resolve', method: ['POST', 'OPTIONS'] };
