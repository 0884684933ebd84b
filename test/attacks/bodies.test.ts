import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPhone } from '../world/checkout.ts';
import { scaled } from '../world/counts.ts';
import { operator } from '../world/operator.ts';
import { route } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { imprint } from './imprint.ts';
import { waitingPrompt } from './waiting-prompt.ts';

const PUSH = '/api/payments/stk-push';
const LIMIT = 64 * 1024;
const BOMBS = scaled(20); // full run: 1,000

let world: World;
let callbackPath: string;
beforeAll(async () => {
  world = await startWorld();
  callbackPath = (await waitingPrompt(world)).path;
});
afterAll(() => world.stop());

/** Sends what a browser would not: bytes, streams, headers that lie. */
async function raw(path: string, body: BodyInit | null, headers: Record<string, string> = {}, method = 'POST') {
  const request = new Request(`${world.siteUrl}${path}`, {
    method,
    body,
    headers: { 'content-type': 'application/json', ...headers },
    duplex: 'half',
  } as RequestInit);
  const response = await route(request, { ip: '198.51.100.7', requestId: 'r', waitUntil: () => undefined });
  return { status: response.status, text: await response.text() };
}

const basket = (more: object) => ({ phoneNumber: newPhone(), items: [{ sku: 'coffee' }], ...more });

/** Ten megabytes that come in pieces, and how much of them was taken. */
function bomb() {
  const taken = { bytes: 0 };
  const piece = new Uint8Array(16 * 1024).fill(0x5b);
  const stream = new ReadableStream({
    pull(controller) {
      if (taken.bytes >= 10 * 1024 * 1024) return controller.close();
      taken.bytes += piece.byteLength;
      controller.enqueue(piece);
    },
  });
  return { stream, taken };
}

async function expectStillServing(): Promise<void> {
  expect((await raw(PUSH, JSON.stringify(basket({})))).status).toBe(201);
  expect((await raw(callbackPath, '{"next":"fine"}')).status).toBe(200);
  await world.clock.advance(60 * 60_000); // the limits of phones and addresses slide on
}

const ways = [
  ['a prompt', () => PUSH],
  ['a callback', () => callbackPath],
] as const;

describe.each(ways)('as %s', (_, path) => {
  test('a body of one byte too many is 413, whether its length is announced or not, and changes nothing', async () => {
    const before = await imprint(world.database);
    const body = `{"a":"${'x'.repeat(LIMIT - 7)}"}`;
    expect(body.length).toBe(LIMIT + 1);
    expect((await raw(path(), body)).status).toBe(413);
    expect((await raw(path(), body, { 'content-length': String(body.length) })).status).toBe(413);
    expect(await imprint(world.database)).toEqual(before);
    await expectStillServing();
  });

  test('an announced length is enough to refuse: nothing is read', async () => {
    const { stream, taken } = bomb();
    expect((await raw(path(), stream, { 'content-length': '10485760' })).status).toBe(413);
    expect(taken.bytes).toBeLessThanOrEqual(16 * 1024);
  });

  test.each([{}, { 'content-length': '10' }, { 'content-length': '-1' }, { 'content-length': 'much' }])(
    'ten megabytes with %j are given up after some kilobytes',
    async (headers) => {
      const { stream, taken } = bomb();
      expect((await raw(path(), stream, headers)).status).toBe(413);
      expect(taken.bytes).toBeLessThan(2 * LIMIT);
    },
  );

  test('many of them leave the memory as it was', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap = () => {
      collect();
      return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    };
    await raw(path(), bomb().stream);
    const before = heap();
    for (let n = 0; n < BOMBS; n++) expect((await raw(path(), bomb().stream)).status).toBe(413);
    expect(heap() - before).toBeLessThan(3 * 1024 * 1024);
  });

  test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD'])('%s is not a way in', async (method) => {
    const { status } = await raw(path(), method === 'GET' || method === 'HEAD' ? null : '{}', {}, method);
    expect([400, 404, 405]).toContain(status); // 400: read as the status of a payment with a strange id
  });
});

const deep = (open: string, close: string, depth = 60_000 / open.length) => `${open.repeat(depth)}1${close.repeat(depth)}`.slice(0, LIMIT);

test.each([
  ['brackets', deep('[', ']', 30_000)],
  ['brackets that never close', deep('[', '', 60_000)],
  ['objects', deep('{"a":', '}', 10_000)],
  ['brackets in a field', `{"metadata":${deep('[', ']', 30_000)}}`],
  ['objects in a field', `{"Body":{"stkCallback":${deep('{"a":', '}', 10_000)}}}`],
])('thousands of nested %s are refused as a prompt and kept as a callback', async (_, body) => {
  expect((await raw(PUSH, body)).status).toBe(400);
  expect((await raw(callbackPath, body)).status).toBe(200);
  await expectStillServing();
});

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/jsonx',
  'application/xml',
  '',
])('a prompt as %j is 415', async (type) => {
  expect((await raw(PUSH, JSON.stringify(basket({})), { 'content-type': type })).status).toBe(415);
});

test.each(['', ' ', 'null', '[]', '"text"', '1', '{', '{}{}', '\ufeff{}', '{"phoneNumber":'])(
  'a prompt that says %j is 400',
  async (body) => {
    expect((await raw(PUSH, body)).status).toBe(400);
  },
);

test('a prompt that is not UTF-8 is 400; a callback that is not is kept', async () => {
  const bytes = Buffer.concat([
    Buffer.from('{"phoneNumber":"0712345678","items":[{"sku":"coffee"}],"name":"'),
    Buffer.from([0xff, 0xc3]),
    Buffer.from('"}'),
  ]);
  expect((await raw(PUSH, bytes)).status).toBe(400);
  expect((await raw(callbackPath, bytes)).status).toBe(200);
});

// characters that PostgreSQL cannot keep in text or JSON
test.each([
  { metadata: { note: 'a\0b' } },
  { metadata: { 'a\0b': 1 } },
  { metadata: { note: 'half a pair \ud800' } },
  { items: [{ sku: 'cof\0fee' }] },
  { items: [{ sku: 'cof\ud800fee' }] },
  { type: 'donation', items: [{ sku: 'gift', amount: 1e15 }] },
  { subject: 'a\0b', type: 'order' },
  { externalReference: 'half a pair \udfff' },
  { name: 'half a pair \ud800' },
  { email: 'a\0b@example.com' },
])('a prompt with %j is answered, and never a 500', async (more) => {
  expect((await raw(PUSH, JSON.stringify(basket(more)))).status).toBeLessThan(500);
});

test.each([
  'externalReference=a%00b',
  'receipt=%00',
  'type=%00',
  'cursor=%00',
  'email=%00@example.com',
  'externalReference=%ff%fe',
  'from=0001-01-01',
  'to=9999-12-31',
])('the history asked for %s is answered, and never a 500', async (query) => {
  const response = await world.send('GET', `/api/payments?${query}`, { headers: await operator(world, 'payments:read') });
  expect(response.status).toBeLessThan(500);
});

test.each([
  '{"__proto__":{"polluted":true},"phoneNumber":"0712345678"}',
  '{"constructor":{"prototype":{"polluted":true}},"phoneNumber":"0712345678"}',
  '{"phoneNumber":"0712345678","items":[{"sku":"coffee","__proto__":{"polluted":true}}]}',
  '{"phoneNumber":"0712345678","items":[{"sku":"coffee"}],"metadata":{"__proto__":{"polluted":true}}}',
  '{"phoneNumber":"0712345678","items":[{"sku":"coffee"}],"type":"__proto__"}',
  '{"phoneNumber":"0712345678","items":[{"sku":"coffee"}],"type":"constructor"}',
  '{"phoneNumber":"0712345678","items":[{"sku":"__proto__"}]}',
])('%s pollutes no prototype', async (body) => {
  expect((await raw(PUSH, body.replace('0712345678', newPhone()))).status).toBeLessThan(500);
  await raw(callbackPath, body);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test('what the address says is no part of a prompt', async () => {
  const { status, text } = await raw(`${PUSH}?phoneNumber=0712345678`, JSON.stringify({ items: [{ sku: 'coffee' }] }));
  expect([status, text]).toEqual([400, expect.stringContaining('phoneNumber')]);
});
