import type { Config } from '@netlify/functions';
import { PaymentTimelineInput, readPaymentTimeline } from '#desk/timelines/payment-timeline.ts';
import { endpoint } from '#http/endpoint.ts';

/** Staff read all that happened to a payment, or a customer what happened to their own. */
export default endpoint({ auth: ['payments:read', 'own:read'], input: PaymentTimelineInput }, readPaymentTimeline);

export const config: Config = { path: '/api/payments/:id/timeline', method: ['GET', 'OPTIONS'] };
