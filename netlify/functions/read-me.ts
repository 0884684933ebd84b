import type { Config } from '@netlify/functions';
import * as z from 'zod';
import { endpoint } from '#http/endpoint.ts';
import { readMe } from '#people/people/authenticate.ts';

/** A page asks who is signed in. */
export default endpoint({ auth: 'own:read', input: z.object({}) }, readMe);

export const config: Config = { path: '/api/me', method: ['GET', 'OPTIONS'] };
