import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { enableAccess, ShutOutInput } from '#people/people/change-access.ts';

/** An administrator lets somebody in again. */
export default endpoint({ auth: 'people:manage', input: ShutOutInput }, enableAccess);

export const config: Config = { path: '/api/people/:id/enable', method: ['POST', 'OPTIONS'] };
