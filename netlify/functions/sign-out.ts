import type { Config } from '@netlify/functions';
import * as z from 'zod';
import { endpoint } from '#http/endpoint.ts';
import { signOut } from '#people/auth/sign-out.ts';

/** Somebody signs out. */
export default endpoint({ auth: 'public', input: z.object({}) }, signOut);

export const config: Config = { path: '/api/sign-out', method: ['POST', 'OPTIONS'] };
