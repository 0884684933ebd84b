import type { Config } from '@netlify/functions';
import { CreateWebhookInput, createWebhook } from '#desk/webhooks/create-webhook.ts';
import { endpoint } from '#http/endpoint.ts';

/** An administrator adds a server that is told of events. */
export default endpoint({ auth: 'webhooks:manage', input: CreateWebhookInput, status: 201 }, createWebhook);

export const config: Config = { path: '/api/webhooks', method: ['POST', 'OPTIONS'] };
