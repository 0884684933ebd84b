import type { OpenCall } from '#ground/call.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { deliverWebhooks } from './deliver-webhooks.ts';

const SOON_MS = 5_000;

/** Delivers once the answer is on its way: a head start for what each minute does. */
export const deliverSoon = (app: App, { later }: Pick<OpenCall, 'later'>): void =>
  later(() => deliverWebhooks(app, new Date(app.clock.now().getTime() + SOON_MS)));
