import { guardedFetch } from '#ground/outbound/guarded-fetch.ts';
import { ProviderFailure } from '#ground/outbox/refusal.ts';
import type { App } from '#mpesa/wiring/app.ts';

const TIMEOUT_MS = 5_000;

/** Slack reads <...> as a link or a mention, and & as the beginning of a character. */
const escapeMarkup = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Posts an alert to ALERT_WEBHOOK_URL, if it is set: Slack and what is compatible with it show `text`. Throws where it was not taken. */
export async function postToWebhook({ config }: Pick<App, 'config'>, text: string, more: object): Promise<void> {
  const { webhookUrl } = config.alerts;
  if (!webhookUrl) return;
  const { ok, status } = await guardedFetch(config.outbound, webhookUrl, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, timeoutMs: TIMEOUT_MS },
    body: JSON.stringify({ text: escapeMarkup(text), ...more }),
  });
  if (!ok) throw new ProviderFailure(`The alert webhook answered ${status}.`);
}
