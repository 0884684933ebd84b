import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { EndMySessionsInput, endMySessions } from '#people/people/person-sessions.ts';

/** Somebody ends a session of their own, or all others. */
export default endpoint({ auth: 'own:read', input: EndMySessionsInput }, endMySessions);

export const config: Config = { path: '/api/me/sessions/end', method: ['POST', 'OPTIONS'] };
