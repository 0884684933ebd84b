import type { Config } from '@netlify/functions';
import { RotateWebhookSecretInput, rotateWebhookSecret } from '#desk/webhooks/rotate-webhook-secret.ts';
import { endpoint } from '#http/endpoint.ts';

/** An administrator gives a server a new secret. */
export default endpoint({ auth: 'webhooks:manage', input: RotateWebhookSecretInput }, rotateWebhookSecret);

export const config: Config = { path: '/api/webhooks/:id/secret', method: ['POST', 'OPTIONS'] };
