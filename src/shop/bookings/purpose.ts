import { AppError } from '#ground/errors.ts';
import type { Purpose } from '#mpesa/wiring/purpose.ts';
import { holdBooking } from './hold-booking.ts';

/** The fee of a booking. Its payment is made together with the booking, so that it is never priced by a prompt, and it is held when it is paid. */
export const bookingFee: Purpose = {
  quote: () => {
    throw new AppError('type_not_offered', 'A booking fee is paid for a booking: POST /api/bookings makes one, then send its bookingId.');
  },
  allocate: holdBooking,
};
