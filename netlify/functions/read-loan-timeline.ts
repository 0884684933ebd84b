import type { Config } from '@netlify/functions';
import { LoanTimelineInput, readLoanTimeline } from '#desk/timelines/loan-timeline.ts';
import { endpoint } from '#http/endpoint.ts';

/** Staff read all that happened to a loan, or a member what happened to their own. */
export default endpoint({ auth: ['loans:read', 'own:read'], input: LoanTimelineInput }, readLoanTimeline);

export const config: Config = { path: '/api/loans/:id/timeline', method: ['GET', 'OPTIONS'] };
