import type { Config } from '@netlify/functions';
import { recordBookingByHand } from '../../src/bookings/record-booking-by-hand.ts';
import { approveEntry, DecideEntryInput } from '../../src/float/decide-entry.ts';
import { endpoint } from '../../src/http/endpoint.ts';
import { recordLoanByHand } from '../../src/loans/record-loan-by-hand.ts';

const approve = approveEntry({ loan: recordLoanByHand, booking: recordBookingByHand });

/** A second person books a top-up, a sweep, a charge, or what was paid by hand. */
export default endpoint({ auth: 'entries:decide', input: DecideEntryInput }, approve);

export const config: Config = { path: '/api/float-entries/:id/approve', method: ['POST', 'OPTIONS'] };
