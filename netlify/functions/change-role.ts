import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ChangeRoleInput, changeRole } from '#people/people/change-access.ts';

/** An administrator changes what somebody is. */
export default endpoint({ auth: 'people:manage', input: ChangeRoleInput }, changeRole);

export const config: Config = { path: '/api/people/:id/role', method: ['POST', 'OPTIONS'] };
