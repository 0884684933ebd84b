import type { Config } from '@netlify/functions';
import { readWebhook, WebhookInput } from '#desk/webhooks/read-webhook.ts';
import { endpoint } from '#http/endpoint.ts';

/** Staff see whether a server takes its events. */
export default endpoint({ auth: 'webhooks:read', input: WebhookInput }, readWebhook);

export const config: Config = { path: '/api/webhooks/:id', method: ['GET'] };
