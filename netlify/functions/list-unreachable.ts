import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ListUnreachableInput, listUnreachable } from '#people/people/list-unreachable.ts';

/** An operator reads which phones and e-mail addresses providers have refused for good. */
export default endpoint({ auth: 'members:read', input: ListUnreachableInput }, listUnreachable);

export const config: Config = { path: '/api/unreachable', method: ['GET', 'OPTIONS'] };
