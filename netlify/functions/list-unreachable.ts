import type { Config } from '@netlify/functions';
import { ListUnreachableInput, listUnreachable } from '#desk/letters/list-unreachable.ts';
import { endpoint } from '#http/endpoint.ts';

/** An operator reads which phones and e-mail addresses providers have refused for good. */
export default endpoint({ auth: 'members:read', input: ListUnreachableInput }, listUnreachable);

export const config: Config = { path: '/api/unreachable', method: ['GET', 'OPTIONS'] };
