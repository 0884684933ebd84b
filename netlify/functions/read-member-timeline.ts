import type { Config } from '@netlify/functions';
import { MemberTimelineInput, readMemberTimeline } from '#desk/timelines/member-timeline.ts';
import { endpoint } from '#http/endpoint.ts';

/** Staff read all that happened to a member, or a member what happened to them. */
export default endpoint({ auth: ['members:read', 'own:read'], input: MemberTimelineInput }, readMemberTimeline);

export const config: Config = { path: '/api/members/:id/timeline', method: ['GET', 'OPTIONS'] };
