import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { resolveBooking } from '#shop/bookings/resolve-booking.ts';
import { ResolveBookingInput } from '#shop/bookings/resolve-booking-input.ts';

/** The organisation decides who gets a fee that is held. */
export default endpoint({ auth: 'bookings:write', input: ResolveBookingInput }, resolveBooking);

export const config: Config = { path: '/api/bookings/:id/resolve', method: ['POST', 'OPTIONS'] };
