import type { Config } from '@netlify/functions';
import { endpoint } from '../../src/http/endpoint.ts';
import { registerMember } from '../../src/members/register-member.ts';
import { RegisterMemberInput } from '../../src/members/register-member-input.ts';

/** Somebody who has proved their phone joins. */
export default endpoint({ auth: 'membership:join', input: RegisterMemberInput }, registerMember);

export const config: Config = { path: '/api/members', method: ['POST', 'OPTIONS'] };
