import type { Config } from '@netlify/functions';
import { WebhookInput } from '#desk/webhooks/read-webhook.ts';
import { sendWebhookTest } from '#desk/webhooks/send-webhook-test.ts';
import { endpoint } from '#http/endpoint.ts';

/** An administrator tries whether a server takes events. */
export default endpoint({ auth: 'webhooks:manage', input: WebhookInput }, sendWebhookTest);

export const config: Config = { path: '/api/webhooks/:id/test', method: ['POST', 'OPTIONS'] };
