import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { CreateKeyInput, createKey } from '#people/auth/manage-keys.ts';

/** An administrator makes an API key, which is shown this once. */
export default endpoint({ auth: 'keys:manage', input: CreateKeyInput, status: 201 }, createKey);

export const config: Config = { path: '/api/keys', method: ['POST', 'OPTIONS'] };
