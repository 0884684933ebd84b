export type * from './api.ts';
export { createMalipo, type Malipo, type MalipoOptions } from './create-malipo.ts';
export { MalipoError } from './malipo-error.ts';
export type { Asked, CallOptions, Once } from './send.ts';
export { verifyWebhook, WebhookError, type WebhookOptions, type WebhookRefusal } from './verify-webhook.ts';
export type { Waited, WaitOptions } from './wait-for-payment.ts';
