import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createMalipo, type Malipo, MalipoError, type MalipoOptions } from '../../client/src/index.ts';

type Step = Response | Error | ((request: Request) => Promise<Response>);

let heard: Request[] = [];

/** A client of a site that answers so, one after the other, and with the last for ever. */
function clientOf(steps: Step[], options: Partial<MalipoOptions> = {}): Malipo {
  let at = 0;
  const answer = async (url: URL | RequestInfo, init?: RequestInit) => {
    const request = new Request(url, init);
    heard.push(request.clone());
    const step = steps[Math.min(at++, steps.length - 1)] as Step;
    if (step instanceof Error) throw step;
    return typeof step === 'function' ? step(request) : step.clone();
  };
  return createMalipo({ url: 'https://duka.example/', key: 'mlp_secret', fetch: answer, ...options });
}

const json = (body: object, status = 200, headers: Record<string, string> = {}) => new Response(JSON.stringify(body), { status, headers });
const problem = (code: string | undefined, status: number, headers: Record<string, string> = {}, more: object = {}) =>
  json(
    { type: `urn:malipo:problem:${code}`, title: 'x', status, code, detail: 'Change this.', requestId: 'r-1', ...more },
    status,
    headers,
  );
const silence = new TypeError('fetch failed');
const prompted = json({ paymentId: 'p-1', status: 'pending' }, 201);
const tea = { phoneNumber: '0712345678', items: [{ sku: 'tea' }] };

/** How it ends, with all its pauses passed over, and how long they took. */
async function ended<T>(promise: Promise<T>): Promise<{ value?: T; error?: MalipoError; tookMs: number }> {
  const began = Date.now();
  const outcome = promise.then(
    (value) => ({ value }),
    (error: MalipoError) => ({ error }),
  );
  await vi.runAllTimersAsync();
  return { ...(await outcome), tookMs: Date.now() - began };
}

beforeEach(() => {
  heard = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const keys = () => heard.map(({ headers }) => headers.get('idempotency-key'));

describe('a request that makes something', () => {
  test('is the same one, with the same key, when no answer came', async () => {
    const { value } = await ended(clientOf([silence, new Response('<html>', { status: 502 }), prompted]).payments.prompt(tea));
    expect(value).toMatchObject({ paymentId: 'p-1' });
    expect(heard).toHaveLength(3);
    expect(new Set(keys()).size).toBe(1);
    expect(keys()[0]).toMatch(/^[0-9a-f-]{36}$/);
    const [first, , last] = await Promise.all(heard.map((request) => request.text()));
    expect([first, last]).toEqual([JSON.stringify(tea), JSON.stringify(tea)]);
    expect(heard[0]).toMatchObject({ method: 'POST', url: 'https://duka.example/api/payments/stk-push' });
    expect(heard[0]?.headers.get('authorization')).toBe('Bearer mlp_secret');
  });

  test('is another one in the next call, and may have a key of the caller', async () => {
    const malipo = clientOf([prompted]);
    await Promise.all([
      malipo.payments.prompt(tea),
      malipo.payments.prompt(tea),
      malipo.payments.prompt(tea, { idempotencyKey: 'order-17' }),
    ]);
    expect(new Set(keys()).size).toBe(3);
    expect(keys()[2]).toBe('order-17');
  });

  test('that is never answered ends as unknown, not as failed, with its key', async () => {
    const { error } = await ended(clientOf([silence]).payments.prompt(tea));
    expect(heard).toHaveLength(3);
    expect(error).toBeInstanceOf(MalipoError);
    expect(error).toMatchObject({ code: 'no_answer', status: undefined, idempotencyKey: keys()[0], cause: silence });
    expect(error?.message).toContain('is unknown');
    expect(error?.message).not.toContain('has failed');
  });

  test('whose first try still runs waits for it', async () => {
    const { value, tookMs } = await ended(clientOf([silence, problem('request_in_flight', 409), prompted]).payments.prompt(tea));
    expect(value).toMatchObject({ paymentId: 'p-1' });
    expect(tookMs).toBeGreaterThan(2_000);
  });

  test('that takes no key is sent once', async () => {
    const { error } = await ended(clientOf([silence]).bookings.decide('b-1', { action: 'release', to: 'income' }));
    expect(error).toMatchObject({ code: 'no_answer', idempotencyKey: undefined });
    expect(heard).toHaveLength(1);
    expect(heard[0]?.url).toBe('https://duka.example/api/bookings/b-1/resolve');
  });
});

describe('an answer', () => {
  test('that is a problem is an error with all that it says, and is not asked for again', async () => {
    const refusal = problem('prompt_open', 409, {}, { customerMessage: 'Angalia simu yako.', paymentId: 'p-9' });
    const { error } = await ended(clientOf([refusal]).payments.prompt(tea));
    expect(error).toMatchObject({ name: 'MalipoError', code: 'prompt_open', status: 409, detail: 'Change this.', requestId: 'r-1' });
    expect(error?.remedy).toBe('Wait until the prompt that is open on the phone has ended, then try again.');
    expect(error?.problem).toMatchObject({ customerMessage: 'Angalia simu yako.', paymentId: 'p-9' });
    expect(error?.message).toBe('prompt_open: Change this.');
    expect(heard).toHaveLength(1);
  });

  test.each<[string, Step]>([
    ['"too many" that does not say when', problem('daily_cap', 429)],
    ['"not now" that does not say when', problem('provider_unavailable', 503)],
    ['"too many" of a day', problem('too_many_requests', 429, { 'retry-after': '86400' })],
    ['a failure of the site', problem(undefined, 500)],
    ['a page of somebody else', new Response('<html>hello')],
    ['a missing page', new Response('<html>', { status: 404 })],
  ])('%s is not asked for again', async (_, answer) => {
    const { error } = await ended(clientOf([answer]).payments.prompt(tea));
    expect(error).toBeInstanceOf(MalipoError);
    expect(heard).toHaveLength(1);
  });

  test.each([
    ['429', problem('too_many_requests', 429, { 'retry-after': '7' })],
    ['503', problem('database_unreachable', 503, { 'retry-after': '7' })],
  ])('%s that says when is asked for again then, and no sooner', async (_, answer) => {
    const { value, tookMs } = await ended(clientOf([answer, prompted]).payments.prompt(tea));
    expect(value).toMatchObject({ paymentId: 'p-1' });
    expect(tookMs).toBe(7_000);
    expect(new Set(keys()).size).toBe(1);
  });

  test('that says when by a date is understood', async () => {
    const date = new Date(Date.now() + 9_000).toUTCString();
    const { tookMs } = await ended(
      clientOf([problem('database_unreachable', 503, { 'retry-after': date }), prompted]).payments.prompt(tea),
    );
    expect(tookMs).toBeGreaterThan(7_000);
    expect(tookMs).toBeLessThanOrEqual(9_000);
  });

  test('that leads elsewhere is not followed: the key would go along', async () => {
    const moved = new Response(null, { status: 301, headers: { location: 'https://other.example/' } });
    const { error } = await ended(clientOf([moved]).payments.read('p-1'));
    expect(error).toMatchObject({ code: 'unexpected_answer', status: 301, detail: expect.stringContaining('https://other.example/') });
    expect(heard.map(({ redirect }) => redirect)).toEqual(['manual']);
  });

  test('that does not come in time is none', async () => {
    vi.useRealTimers();
    const hanging = ({ signal }: Request) =>
      new Promise<Response>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const malipo = clientOf([hanging], { timeoutMs: 20, retries: 0 });
    await expect(malipo.payments.prompt(tea)).rejects.toMatchObject({ code: 'no_answer', detail: expect.stringContaining('within 20 ms') });
  });
});

test('a caller who gives up is told their own reason, while asking and while pausing', async () => {
  const gone = new Error('The customer has left.');
  expect((await ended(clientOf([silence]).payments.prompt(tea, { signal: AbortSignal.abort(gone) }))).error).toBe(gone);
  const giveUp = new AbortController();
  setTimeout(() => giveUp.abort(gone), 100);
  const { error, tookMs } = await ended(clientOf([silence]).payments.prompt(tea, { signal: giveUp.signal }));
  expect([error, tookMs]).toEqual([gone, 100]);
  const once = clientOf([silence]).bookings.decide('b-1', { action: 'dispute' }, { signal: AbortSignal.abort(gone) });
  expect((await ended(once)).error).toBe(gone);
});

describe('a list', () => {
  const pages = [
    json({ payments: [{ paymentId: 'a' }, { paymentId: 'b' }], nextCursor: 'c/1' }),
    json({ payments: [{ paymentId: 'c' }], nextCursor: null }),
  ];
  const ids = async (malipo: Malipo, most = Number.POSITIVE_INFINITY) => {
    const found: string[] = [];
    for await (const { paymentId } of malipo.payments.list({ status: 'paid', limit: 2 })) {
      found.push(paymentId);
      if (found.length === most) break;
    }
    return found;
  };

  test('is read page by page, by cursor, to its end', async () => {
    expect((await ended(ids(clientOf([...pages])))).value).toEqual(['a', 'b', 'c']);
    expect(heard.map(({ url }) => new URL(url).search)).toEqual(['?status=paid&limit=2', '?status=paid&limit=2&cursor=c%2F1']);
  });

  test('is read no further than it is used, and goes on after a lost answer', async () => {
    expect((await ended(ids(clientOf([silence, ...pages]), 2))).value).toEqual(['a', 'b']);
    expect(heard).toHaveLength(2);
  });

  test('of payouts finds one by its id', async () => {
    const malipo = clientOf([json({ payouts: [{ payoutId: 'o-1' }], nextBefore: null }), json({ payouts: [], nextBefore: null })]);
    expect((await ended(malipo.payouts.find('o-1'))).value).toEqual({ payoutId: 'o-1' });
    expect((await ended(malipo.payouts.find('o-2'))).value).toBeUndefined();
  });
});

describe('waiting for a payment', () => {
  const as = (status: string) => json({ paymentId: 'p-1', status });

  test.each(['paid', 'failed', 'expired', 'reversed', 'refunded'])('ends when it is %s', async (status) => {
    const { value, tookMs } = await ended(clientOf([as('pending'), as('unknown'), as(status)]).payments.wait('p-1'));
    expect(value).toEqual({ decided: true, payment: { paymentId: 'p-1', status } });
    expect(tookMs).toBe(5_000);
  });

  test('goes on over lost answers and over a site that is not well', async () => {
    const { value } = await ended(
      clientOf([silence, problem('database_unreachable', 503, { 'retry-after': '60' }), problem(undefined, 500), as('paid')]).payments.wait(
        'p-1',
      ),
    );
    expect(value).toMatchObject({ decided: true });
  });

  test.each(['pending', 'unknown'])('that has no more time says that it is %s, and never that it failed', async (status) => {
    const { value, tookMs } = await ended(clientOf([as(status)]).payments.wait('p-1', { forMs: 90_000 }));
    expect(value).toEqual({ decided: false, payment: { paymentId: 'p-1', status } });
    expect(tookMs).toBe(90_000);
    expect(heard.length).toBeLessThan(20); // more and more slowly
  });

  test('says how it stood when it was last read, if nothing is heard any more', async () => {
    const { value } = await ended(clientOf([as('pending'), silence]).payments.wait('p-1', { forMs: 20_000 }));
    expect(value).toEqual({ decided: false, payment: { paymentId: 'p-1', status: 'pending' } });
  });

  test('of which nothing was ever heard is unknown too', async () => {
    const { error, tookMs } = await ended(clientOf([silence]).payments.wait('p-1', { forMs: 20_000 }));
    expect(error).toMatchObject({ code: 'no_answer' });
    expect(tookMs).toBe(20_000);
  });

  test('that there is not ends at once', async () => {
    const { error, tookMs } = await ended(clientOf([problem('payment_not_found', 404)]).payments.wait('p-1'));
    expect([error?.code, tookMs]).toEqual(['payment_not_found', 0]);
  });

  test('ends when the caller gives up', async () => {
    const giveUp = new AbortController();
    setTimeout(() => giveUp.abort(new Error('gone')), 3_000);
    const { error, tookMs } = await ended(clientOf([as('pending')]).payments.wait('p-1', { signal: giveUp.signal }));
    expect([error?.message, tookMs]).toEqual(['gone', 3_000]);
  });
});

test('a site that is not well says so, and that is an answer', async () => {
  const { value } = await ended(clientOf([json({ status: 'failing', reasons: ['The minute has not run.'] }, 503)]).health());
  expect(value).toEqual({ status: 'failing', reasons: ['The minute has not run.'] });
});

test('an id cannot lead to another path', async () => {
  await ended(clientOf([json({})]).payments.read('../keys?x'));
  expect(heard[0]?.url).toBe('https://duka.example/api/payments/..%2Fkeys%3Fx');
});

describe('a client', () => {
  test.each([undefined, '', 'duka.example', 'http://duka.example', 'ftp://duka.example'])(
    'is not made for "%s": the key would be read on the way',
    (url) => {
      expect(() => createMalipo({ url, key: 'mlp_x' })).toThrow('has to be an https address');
    },
  );

  test('is made for this machine, for the local world', () => {
    for (const url of ['http://127.0.0.1:8888', 'http://localhost:8888', 'http://[::1]:8888']) createMalipo({ url, key: 'mlp_x' });
  });

  test('is not made without a key, and does not show it', () => {
    expect(() => createMalipo({ url: 'https://duka.example', key: '' })).toThrow('The key is missing');
    expect(inspect(clientOf([prompted]), { depth: 9, showHidden: true })).not.toContain('mlp_secret');
  });
});
