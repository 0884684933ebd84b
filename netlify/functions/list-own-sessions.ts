import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { listMySessions, MySessionsInput } from '#people/people/person-sessions.ts';

/** Somebody who is signed in reads where else they are. */
export default endpoint({ auth: 'own:read', input: MySessionsInput }, listMySessions);

export const config: Config = { path: '/api/me/sessions', method: ['GET', 'OPTIONS'] };
