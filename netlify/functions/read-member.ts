import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ReadMemberInput, readMember } from '#sacco/members/profile/read-member.ts';

/** Members read their own profile (`/api/members/me`), or a treasurer reads a member's. */
export default endpoint({ auth: ['members:read', 'own:read'], input: ReadMemberInput }, readMember);

export const config: Config = { path: '/api/members/:id', method: ['GET', 'OPTIONS'] };
