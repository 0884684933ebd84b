import type { Config } from '@netlify/functions';
import { discardWebhook } from '#desk/webhooks/discard-webhook.ts';
import { WebhookInput } from '#desk/webhooks/read-webhook.ts';
import { endpoint } from '#http/endpoint.ts';

/** An administrator removes a server. */
export default endpoint({ auth: 'webhooks:manage', input: WebhookInput }, discardWebhook);

export const config: Config = { path: '/api/webhooks/:id/discard', method: ['POST', 'OPTIONS'] };
