import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { StopMessagesInput, stopMessages } from '#shop/notices/stop-messages.ts';

/** A customer stops the messages about their payments, by the link in one. */
export default endpoint({ auth: 'public', input: StopMessagesInput }, stopMessages);

export const config: Config = { path: '/api/messages/stop', method: ['POST', 'OPTIONS'] };
