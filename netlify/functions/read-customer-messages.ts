import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ReadEventsInput, readEvents } from '#shop/notices/choose-events.ts';

/** An administrator reads which events customers are told of. */
export default endpoint({ auth: 'messages:manage', input: ReadEventsInput }, readEvents);

export const config: Config = { path: '/api/customer-messages', method: 'GET' };
