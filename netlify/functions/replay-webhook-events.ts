import type { Config } from '@netlify/functions';
import { ReplayWebhookEventsInput, replayWebhookEvents } from '#desk/webhooks/replay-webhook-events.ts';
import { endpoint } from '#http/endpoint.ts';

/** An administrator has events sent again. */
export default endpoint({ auth: 'webhooks:manage', input: ReplayWebhookEventsInput, status: 202 }, replayWebhookEvents);

export const config: Config = { path: '/api/webhooks/:id/replay', method: ['POST', 'OPTIONS'] };
