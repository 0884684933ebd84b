import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { KeyInput, takeOverKey } from '#people/auth/manage-keys.ts';
import { tellStaffSql } from '#people/people/tell-staff.ts';

/** An administrator takes over an API key whose maker left. */
export default endpoint({ auth: 'keys:manage', input: KeyInput }, takeOverKey(tellStaffSql));

export const config: Config = { path: '/api/keys/:id/take-over', method: ['POST', 'OPTIONS'] };
