import type { Config } from '@netlify/functions';
import { ListWebhooksInput, listWebhooks } from '#desk/webhooks/list-webhooks.ts';
import { endpoint } from '#http/endpoint.ts';

/** Staff see which servers are told of events. */
export default endpoint({ auth: 'webhooks:read', input: ListWebhooksInput }, listWebhooks);

export const config: Config = { path: '/api/webhooks', method: ['GET'] };
