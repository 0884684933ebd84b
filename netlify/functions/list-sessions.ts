import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { listPersonSessions, PersonInput } from '#people/people/person-sessions.ts';

/** An administrator reads where somebody is signed in. */
export default endpoint({ auth: 'people:manage', input: PersonInput }, listPersonSessions);

export const config: Config = { path: '/api/people/:id/sessions', method: ['GET', 'OPTIONS'] };
