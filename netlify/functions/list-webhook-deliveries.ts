import type { Config } from '@netlify/functions';
import { ListWebhookDeliveriesInput, listWebhookDeliveries } from '#desk/webhooks/list-webhook-deliveries.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';

/** Staff read what a server was told, and how that ended. */
export default endpoint({ auth: 'webhooks:read', input: ListWebhookDeliveriesInput, printSheet }, listWebhookDeliveries);

export const config: Config = { path: '/api/webhooks/:id/deliveries', method: ['GET', 'OPTIONS'] };
