import type { Config } from '@netlify/functions';
import { ChangeWebhookInput, changeWebhook } from '#desk/webhooks/change-webhook.ts';
import { endpoint } from '#http/endpoint.ts';

/** An administrator changes where events go, which, or whether any do. */
export default endpoint({ auth: 'webhooks:manage', input: ChangeWebhookInput }, changeWebhook);

export const config: Config = { path: '/api/webhooks/:id', method: ['POST', 'OPTIONS'] };
