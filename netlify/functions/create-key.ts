import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { CreateKeyInput, createKey } from '#people/auth/manage-keys.ts';
import { tellStaffSql } from '#people/people/tell-staff.ts';

/** An administrator makes an API key, which is shown this once. */
export default endpoint({ auth: 'keys:manage', input: CreateKeyInput, status: 201 }, createKey(tellStaffSql));

export const config: Config = { path: '/api/keys', method: ['POST', 'OPTIONS'] };
