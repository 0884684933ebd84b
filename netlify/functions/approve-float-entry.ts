import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { approveEntry, DecideEntryInput } from '#mpesa/float/entries/decide-entry.ts';
import { recordLoanByHand } from '#sacco/loans/record-loan-by-hand.ts';
import { recordBookingByHand } from '#shop/bookings/record-booking-by-hand.ts';

const approve = approveEntry({ loan: recordLoanByHand, booking: recordBookingByHand });

/** A second person books a top-up, a sweep, a charge, or what was paid by hand. */
export default endpoint({ auth: 'entries:decide', input: DecideEntryInput }, approve);

export const config: Config = { path: '/api/float-entries/:id/approve', method: ['POST', 'OPTIONS'] };
