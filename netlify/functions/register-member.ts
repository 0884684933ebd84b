import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { registerMember } from '#sacco/members/register-member.ts';
import { RegisterMemberInput } from '#sacco/members/register-member-input.ts';

/** Somebody who has proved their phone joins. */
export default endpoint({ auth: 'membership:join', input: RegisterMemberInput, status: 201 }, registerMember);

export const config: Config = { path: '/api/members', method: ['POST', 'OPTIONS'] };
