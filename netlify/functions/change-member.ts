import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ChangeMemberInput, changeMember } from '#sacco/members/profile/change-member.ts';

/** A member changes their address, e-mail, next of kin or language, or says that they want no messages. */
export default endpoint({ auth: 'own:write', input: ChangeMemberInput }, changeMember);

export const config: Config = { path: '/api/members/me', method: ['POST', 'OPTIONS'] };
