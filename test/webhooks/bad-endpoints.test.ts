import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { push } from '../world/checkout.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { administrator, happen, type Receiver, startReceiver, webhooksOf } from './receiver.ts';

let world: World;
let hooks: ReturnType<typeof webhooksOf>;
let good: Receiver;
let paymentId: string;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  world = await startWorld({ simulator: { delays: { callbackMs: 0 } } });
  hooks = webhooksOf(world, await administrator(world));
  good = await startReceiver();
  ({ paymentId } = await push(world));
});
afterAll(async () => {
  await world.stop();
  await good.stop();
  for (const close of closing) await close();
});

/** A server that speaks as it likes on each connection. */
async function rawServer(talk: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    talk(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function selfSigned(): Promise<string> {
  const folder = 'test/local/certificates';
  const server = createSecureServer(
    { key: readFileSync(`${folder}/server-key.pem`), cert: readFileSync(`${folder}/server.pem`) },
    (_, response) => response.end('ok'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => void server.close());
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const answering =
  (head: string, body = '') =>
  (socket: Socket) => {
    socket.once('data', () =>
      socket.end(`HTTP/1.1 ${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`),
    );
  };

/** Drips a byte each second and never ends. */
const dripping = (socket: Socket) => {
  socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
  const timer = setInterval(() => socket.write('1\r\nx\r\n'), 500);
  socket.on('close', () => clearInterval(timer));
};

/** Sends without end, as fast as it is taken. */
const flooding = (socket: Socket) => {
  socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const pour = () => {
    while (socket.writable && socket.write(chunk));
  };
  socket.on('drain', pour);
  pour();
};

/** Lets an endpoint stand at an address that it could not have been saved with: its name has led elsewhere since. */
async function moveTo(webhookId: string, url: string): Promise<void> {
  const { webhookEndpoints } = await import('#desk/webhooks/webhooks.schema.ts');
  const { eq } = await import('drizzle-orm');
  await world.app.db.update(webhookEndpoints).set({ url }).where(eq(webhookEndpoints.id, webhookId));
}

test('twelve bad endpoints harm nobody: a good one, mails and Safaricom are served in the same minute', async () => {
  const stranger = await startReceiver();
  closing.push(stranger.stop);
  const bad: Record<string, string> = {
    redirects: await rawServer(answering(`302 Found\r\nlocation: ${stranger.url}`)),
    'answers 500': await rawServer(answering('500 Internal Server Error', 'oops')),
    'answers with megabytes': await rawServer(answering('200 OK', 'x'.repeat(3_000_000))),
    'never stops answering': await rawServer(flooding),
    drips: await rawServer(dripping),
    'never answers': await rawServer(() => undefined),
    resets: await rawServer((socket) => void socket.once('data', () => socket.resetAndDestroy())),
    'speaks no HTTP': await rawServer((socket) => void socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))),
    'has a certificate of its own': await selfSigned(),
    'is not there': 'http://127.0.0.1:9/',
    'leads into the cloud': 'https://169.254.169.254/latest/meta-data',
    'leads into the network': 'https://10.0.0.8/',
  };
  const made = Object.entries(bad).map(async ([name, url]) => {
    const { webhookId } = await hooks.create(good.url);
    await moveTo(webhookId, url);
    return [name, webhookId] as const;
  });
  const endpoints = await Promise.all(made);
  expect(endpoints).toHaveLength(12);
  const { webhookId: goodId } = await hooks.create(good.url);
  const events = await Promise.all(Array.from({ length: 30 }, () => happen(world, paymentId)));
  await world.inbox.clear();
  const buyer = await push(world, { email: 'achieng@example.com' });
  await world.simulator.control.answer(buyer.prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.clock.advance(1_000);
  await world.settled();

  const [memory, begun] = [process.memoryUsage().rss, performance.now()];
  const minute = strike('scheduled-minute');
  await expect.poll(() => events.filter((id) => good.heard.some(({ event }) => event.id === id)).length, { timeout: 8_000 }).toBe(30);
  await expect.poll(() => world.inbox.messages().length, { timeout: 8_000 }).toBe(1);
  expect(performance.now() - begun).toBeLessThan(9_500); // the slow ones still hang
  const report = await minute;
  expect(performance.now() - begun).toBeLessThan(25_000);
  expect(process.memoryUsage().rss - memory).toBeLessThan(200e6);
  expect(Object.values(report)).not.toContain('failed');
  expect(stranger.heard).toEqual([]);
  expect(await hooks.read(goodId)).toMatchObject({ failingSince: null, waiting: 0 });
  for (const [name, id] of endpoints) {
    const [last] = await hooks.log(id, 'state=waiting');
    expect([name, last?.state, (last?.answer as string | null)?.length ?? 0]).toEqual([name, 'waiting', expect.any(Number)]);
    expect([name, await hooks.read(id)]).toMatchObject([
      name,
      { enabled: true, failingSince: expect.any(String), nextTryAt: expect.any(String) },
    ]);
  }
  const errors = await Promise.all(
    endpoints.map(async ([name, id]) => [name, (await hooks.log(id)).find(({ tries }) => tries === 1)] as const),
  );
  const said = Object.fromEntries(errors.map(([name, one]) => [name, one?.error ?? one?.answerStatus]));
  expect(said).toMatchObject({
    redirects: 302,
    'answers 500': 500,
    'answers with megabytes': expect.stringContaining('more than'),
    'never stops answering': expect.stringContaining('more than'),
    drips: expect.stringContaining('within 10 s'),
    'never answers': expect.stringContaining('within 10 s'),
    resets: expect.stringContaining('not reached'),
    'has a certificate of its own': expect.stringContaining('certificate'),
    'leads into the cloud': expect.stringContaining('private'),
    'leads into the network': expect.stringContaining('private'),
  });
});

test('a name that led elsewhere when it was saved is checked again with each request', async () => {
  const { webhookId } = await hooks.create('https://does-not-exist.invalid/hook');
  await moveTo(webhookId, 'https://10.0.0.8/');
  for (let n = 0; n < 3; n++) await happen(world, paymentId);
  await world.clock.advance(60_000);
  await strike('scheduled-minute');
  const log = await hooks.log(webhookId);
  expect(log.map(({ state }) => state)).toEqual(log.map(() => 'waiting'));
  expect(log.filter(({ tries }) => tries === 1)).toMatchObject(
    [1, 2].map(() => ({ error: expect.stringContaining('private or reserved') })), // two in a row: the rest waits
  );
});
