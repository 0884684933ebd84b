import type { Config } from '@netlify/functions';
import * as z from 'zod';
import { endpoint } from '#http/endpoint.ts';
import { listKeys } from '#people/auth/manage-keys.ts';

/** An administrator reads which API keys there are. */
export default endpoint({ auth: 'keys:manage', input: z.strictObject({}) }, listKeys);

export const config: Config = { path: '/api/keys', method: ['GET'] };
