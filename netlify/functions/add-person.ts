import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { InvitePersonInput, invitePerson } from '#people/people/invite-person.ts';

/** An administrator invites somebody. */
export default endpoint({ auth: 'people:manage', input: InvitePersonInput, status: 201 }, invitePerson);

export const config: Config = { path: '/api/people', method: ['POST', 'OPTIONS'] };
