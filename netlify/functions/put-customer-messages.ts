import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { ChooseEventsInput, chooseEvents } from '#shop/notices/choose-events.ts';

/** An administrator turns messages to customers on or off. */
export default endpoint({ auth: 'messages:manage', input: ChooseEventsInput }, chooseEvents);

export const config: Config = { path: '/api/customer-messages', method: ['PUT', 'OPTIONS'] };
