import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { KeyInput, revokeKey } from '#people/auth/manage-keys.ts';

/** An administrator revokes an API key. */
export default endpoint({ auth: 'keys:manage', input: KeyInput }, revokeKey);

export const config: Config = { path: '/api/keys/:id/revoke', method: ['POST', 'OPTIONS'] };
