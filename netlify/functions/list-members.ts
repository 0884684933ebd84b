import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListMembersInput, listMembers } from '#sacco/members/list-members.ts';

/** A treasurer lists the members, or finds one. */
export default endpoint({ auth: 'members:read', input: ListMembersInput }, listMembers);

export const config: Config = { path: '/api/members', method: 'GET' };
