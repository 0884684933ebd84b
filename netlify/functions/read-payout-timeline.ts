import type { Config } from '@netlify/functions';
import { PayoutTimelineInput, readPayoutTimeline } from '#desk/timelines/payout-timeline.ts';
import { endpoint } from '#http/endpoint.ts';

/** A treasurer reads all that happened to a payout. */
export default endpoint({ auth: 'payouts:request', input: PayoutTimelineInput }, readPayoutTimeline);

export const config: Config = { path: '/api/payouts/:id/timeline', method: ['GET', 'OPTIONS'] };
