import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { sayToCustomer } from '#mpesa/payments/customer-refusal.ts';
import { createBooking } from '#shop/bookings/create-booking.ts';
import { CreateBookingInput } from '#shop/bookings/create-booking-input.ts';

/** A page, or the organisation's server, books something whose fee is held until somebody decides who gets it. */
export default endpoint({ auth: 'public', input: CreateBookingInput, explain: sayToCustomer, status: 201 }, createBooking);

export const config: Config = {
  path: '/api/bookings',
  method: ['POST', 'OPTIONS'],
  rateLimit: { windowLimit: 60, windowSize: 60, aggregateBy: ['ip', 'domain'] },
};
