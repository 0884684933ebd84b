import type { Config } from '@netlify/functions';
import * as z from 'zod';
import { endpoint } from '#http/endpoint.ts';
import { listMySessions } from '#people/people/person-sessions.ts';

/** Somebody who is signed in reads where else they are. */
export default endpoint({ auth: 'own:read', input: z.strictObject({}) }, listMySessions);

export const config: Config = { path: '/api/me/sessions', method: ['GET', 'OPTIONS'] };
