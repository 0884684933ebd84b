import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { EndSessionsInput, endPersonSessions } from '#people/people/person-sessions.ts';

/** An administrator ends somebody's sessions. */
export default endpoint({ auth: 'people:manage', input: EndSessionsInput }, endPersonSessions);

export const config: Config = { path: '/api/people/:id/sessions/end', method: ['POST', 'OPTIONS'] };
