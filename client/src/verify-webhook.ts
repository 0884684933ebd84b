import type { WebhookEvent } from './api.ts';

/** Why a request is not taken for one of the site's. `unusable_secret` and `body_not_raw` are mistakes of your own server. */
export type WebhookRefusal =
  | 'missing_header'
  | 'unreadable_time'
  | 'too_old'
  | 'from_the_future'
  | 'forged'
  | 'no_event'
  | 'unusable_secret'
  | 'body_not_raw';

/** A request that must not be believed. */
export class WebhookError extends Error {
  override name = 'WebhookError';
  readonly reason: WebhookRefusal;
  constructor(reason: WebhookRefusal, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** `toleranceSeconds`: how far its time may be from yours, either way: 300 without it. */
export type WebhookOptions = { toleranceSeconds?: number; now?: Date };

type Secret = string | undefined;
type Sent = Pick<Headers, 'get'> | Record<string, string | string[] | undefined>;

const SHORTEST_SECRET = 24;
const encoder = new TextEncoder();

/**
 * The event of a webhook, if the site has sent it just now: signed by one of the secrets (Standard Webhooks), not changed, not old. `body` is the request's as it came,
 * before anything parses it. An event may come more than once: keep the ids that you have worked. Throws `WebhookError`.
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: Sent,
  secrets: Secret | readonly Secret[],
  { toleranceSeconds = 300, now = new Date() }: WebhookOptions = {},
): Promise<WebhookEvent> {
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    throw new WebhookError(
      'body_not_raw',
      'The body was parsed already: pass it as it came, such as express.raw() or request.text() give it.',
    );
  const keys = await Promise.all([secrets].flat().map(importSecret));
  if (keys.length === 0) throw new WebhookError('unusable_secret', 'There is no secret to verify with.');

  const id = headerOf(headers, 'webhook-id');
  const sentAt = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature');
  checkTime(sentAt, toleranceSeconds, now);

  const raw = typeof body === 'string' ? encoder.encode(body) : body;
  const signed = join(encoder.encode(`${id}.${sentAt}.`), raw);
  if (!(await isSigned(signed, signatures, keys)))
    throw new WebhookError('forged', 'No signature fits: another secret, or a body or header that was changed on the way.');
  return readEvent(raw);
}

function headerOf(headers: Sent, name: string): string {
  const value = isWebHeaders(headers) ? headers.get(name) : Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  if (typeof value === 'string' && value !== '') return value;
  throw new WebhookError('missing_header', `The header ${name} is missing.`);
}

const isWebHeaders = (headers: Sent): headers is Pick<Headers, 'get'> => typeof headers.get === 'function';

function checkTime(sentAt: string, toleranceSeconds: number, now: Date): void {
  if (!/^\d{1,12}$/.test(sentAt)) throw new WebhookError('unreadable_time', 'webhook-timestamp is not a number of seconds.');
  const age = now.getTime() / 1_000 - Number(sentAt);
  if (age > toleranceSeconds) throw new WebhookError('too_old', `It was sent ${Math.round(age)} s ago: it may be somebody's copy.`);
  if (age < -toleranceSeconds)
    throw new WebhookError('from_the_future', `Its time is ${Math.round(-age)} s ahead: is the clock of this server right?`);
}

async function importSecret(secret: Secret): Promise<CryptoKey> {
  const bytes = typeof secret === 'string' ? decodeBase64(secret.replace(/^whsec_/, '')) : undefined;
  if (!bytes || bytes.length < SHORTEST_SECRET)
    throw new WebhookError('unusable_secret', 'A secret is missing or cut: it begins with whsec_, and is shown when the webhook is added.');
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

/** Whether one of the signatures is by one of the keys. Each is compared in constant time. */
async function isSigned(signed: Uint8Array<ArrayBuffer>, signatures: string, keys: readonly CryptoKey[]): Promise<boolean> {
  const given = signatures.split(' ').flatMap((each) => (each.startsWith('v1,') ? (decodeBase64(each.slice(3)) ?? []) : []));
  const fits = given.flatMap((signature) => keys.map((key) => crypto.subtle.verify('HMAC', key, signature, signed)));
  return (await Promise.all(fits)).includes(true);
}

function readEvent(raw: Uint8Array): WebhookEvent {
  try {
    const event = JSON.parse(new TextDecoder().decode(raw)) as WebhookEvent | null;
    if (typeof event?.type === 'string' && typeof event.data === 'object') return event;
  } catch {}
  throw new WebhookError('no_event', 'It is signed, but no event.');
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
