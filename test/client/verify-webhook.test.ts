import { describe, expect, test } from 'vitest';
import type { EventType } from '#desk/webhooks/events.ts';
import { newSecret, signEvent } from '#desk/webhooks/sign-event.ts';
import { verifyWebhook, WebhookError, type WebhookEvent, type WebhookOptions } from '../../client/src/index.ts';

const secret = newSecret();
const id = '01939f2a-5c1d-7b44-9a51-8c1f64b5a2d7';
const body = JSON.stringify({ id, type: 'payment.paid', version: 1, data: { object: 'payment', status: 'paid', note: 'ahsante ☕' } });
const minutesAway = (minutes: number) => new Date(Date.now() + minutes * 60_000);

type Sent = { by?: string; earlier?: string; at?: Date; signed?: string };

/** The headers of an event as the site signs it. */
function headersOf({ by = secret, earlier, at = new Date(), signed = body }: Sent = {}): Record<string, string> {
  return signEvent({ secret: by, earlierSecret: earlier ?? null, earlierUntil: earlier ? minutesAway(60) : null }, id, signed, at);
}

const refused = (...args: Parameters<typeof verifyWebhook>) =>
  verifyWebhook(...args).then(
    () => 'taken',
    (error: unknown) => (error instanceof WebhookError ? error.reason : error),
  );

describe('an event is taken', () => {
  test('as the site signs it: from text and from bytes, with headers of Node and of the web', async () => {
    const expected = JSON.parse(body);
    expect(await verifyWebhook(body, headersOf(), secret)).toEqual(expected);
    expect(await verifyWebhook(Buffer.from(body), headersOf(), secret)).toEqual(expected);
    const written = Object.fromEntries(Object.entries(headersOf()).map(([name, value]) => [name.toUpperCase(), value])); // as some gateways hand them on
    expect(await verifyWebhook(body, written, secret)).toEqual(expected);
    expect(await verifyWebhook(new TextEncoder().encode(body), new Headers(headersOf()), [secret])).toEqual(expected);
  });

  test('four minutes old, and four minutes ahead', async () => {
    expect(await refused(body, headersOf({ at: minutesAway(-4) }), secret)).toBe('taken');
    expect(await refused(body, headersOf({ at: minutesAway(4) }), secret)).toBe('taken');
  });

  test('while the secret is changed: by either signature, and by either of our secrets', async () => {
    const next = newSecret();
    const both = headersOf({ by: next, earlier: secret });
    expect(both['webhook-signature']?.split(' ')).toHaveLength(2);
    expect([await refused(body, both, secret), await refused(body, both, next)]).toEqual(['taken', 'taken']);
    expect(await refused(body, headersOf({ by: next }), [secret, next])).toBe('taken');
    expect(await refused(body, { ...both, 'webhook-signature': `v2,abc v1a,AAAA v1,*** ${both['webhook-signature']}` }, secret)).toBe(
      'taken',
    );
  });
});

describe('an event is refused', () => {
  test.each<[string, string, Record<string, string>, string]>([
    ['by another secret', body, headersOf({ by: newSecret() }), 'forged'],
    ['by two other secrets', body, headersOf({ by: newSecret(), earlier: newSecret() }), 'forged'],
    ['with another body', body.replace('paid"', 'failed"'), headersOf(), 'forged'],
    ['with a byte more', `${body} `, headersOf(), 'forged'],
    ['with another id', body, { ...headersOf(), 'webhook-id': 'another' }, 'forged'],
    ['with a newer time than was signed', body, { ...headersOf({ at: minutesAway(-6) }), 'webhook-timestamp': now() }, 'forged'],
    ['with half a signature', body, { ...headersOf(), 'webhook-signature': 'v1,' }, 'forged'],
    ['with a signature of another kind', body, { ...headersOf(), 'webhook-signature': 'v1a,AAAA' }, 'forged'],
    ['with a signature that is cut', body, cut(headersOf()), 'forged'],
    ['old', body, headersOf({ at: minutesAway(-6) }), 'too_old'],
    ['from the future', body, headersOf({ at: minutesAway(6) }), 'from_the_future'],
    ['with a time that is none', body, { ...headersOf(), 'webhook-timestamp': 'now' }, 'unreadable_time'],
    ['with half a time', body, { ...headersOf(), 'webhook-timestamp': '1e9' }, 'unreadable_time'],
    ['without a signature', body, { ...headersOf(), 'webhook-signature': '' }, 'missing_header'],
    ['without headers', body, {}, 'missing_header'],
    ['signed, but not JSON', 'hello', headersOf({ signed: 'hello' }), 'no_event'],
    ['signed, but null', 'null', headersOf({ signed: 'null' }), 'no_event'],
  ])('%s', async (_, sent, headers, reason) => {
    expect(await refused(sent, headers, secret)).toBe(reason);
    expect(await refused(sent, new Headers(headers), secret)).toBe(reason);
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('without %s', async (name) => {
    const { [name]: _, ...rest } = headersOf();
    expect(await refused(body, rest, secret)).toBe('missing_header');
  });

  test('old by a stricter rule of the caller', async () => {
    const strict: WebhookOptions = { toleranceSeconds: 30 };
    expect(await refused(body, headersOf({ at: minutesAway(-1) }), secret, strict)).toBe('too_old');
  });
});

function now(): string {
  return String(Math.floor(Date.now() / 1000));
}

function cut(headers: Record<string, string>) {
  return { ...headers, 'webhook-signature': headers['webhook-signature']?.slice(0, 20) ?? '' };
}

describe('a mistake of our own server is named', () => {
  test.each([[''], ['whsec_'], ['whsec_c2hvcnQ='], ['whsec_***'], [undefined], [[] as string[]], [[secret, '']]])(
    'a secret that nobody can sign with only: %j',
    async (secrets) => {
      expect(await refused(body, headersOf(), secrets)).toBe('unusable_secret');
    },
  );

  test('a body that was parsed already', async () => {
    expect(await refused(JSON.parse(body), headersOf(), secret)).toBe('body_not_raw');
  });
});

test('its types name every event that is sent, and no other', () => {
  type Named = Exclude<WebhookEvent['type'], 'test'>;
  const same: [EventType, Named] extends [Named, EventType] ? true : never = true; // the compiler decides
  expect(same).toBe(true);
});
