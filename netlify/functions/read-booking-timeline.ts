import type { Config } from '@netlify/functions';
import { PaymentTimelineInput, readBookingTimeline } from '#desk/timelines/payment-timeline.ts';
import { endpoint } from '#http/endpoint.ts';

/** Staff read all that happened to a booking, or a customer what happened to their own. */
export default endpoint({ auth: ['payments:read', 'own:read'], input: PaymentTimelineInput }, readBookingTimeline);

export const config: Config = { path: '/api/bookings/:id/timeline', method: ['GET', 'OPTIONS'] };
