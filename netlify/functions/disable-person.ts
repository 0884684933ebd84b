import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { disableAccess, ShutOutInput } from '#people/people/change-access.ts';

/** An administrator shuts somebody out. */
export default endpoint({ auth: 'people:manage', input: ShutOutInput }, disableAccess);

export const config: Config = { path: '/api/people/:id/disable', method: ['POST', 'OPTIONS'] };
