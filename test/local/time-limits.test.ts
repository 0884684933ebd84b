import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { PATIENCE_MS, repeated } from '#ground/db/call-function.ts';
import { connect } from '#ground/db/client.ts';
import { isWorthRepeating } from '#ground/db/errors.ts';
import { TIME_LIMITS } from '#ground/db/send-sql.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';

const SHORT = { statementMs: 300, batchMs: 600, connectMs: 400, transactionMs: 500 };

let database: FreshDatabase;
const silent: Server[] = [];
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  for (const server of silent) server.close();
  await database.drop();
});

/** The address of an endpoint that takes requests and never answers; `speaks` opens WebSockets, over which it says nothing. */
async function neverAnswering(speaks = false): Promise<{ url: string; stop(): void }> {
  const server = createServer(() => undefined);
  const open = new Set<Socket | WebSocket>();
  server.on('connection', (socket) => open.add(socket));
  if (speaks) new WebSocketServer({ server, path: '/v2' });
  else server.on('upgrade', (_request, socket: Socket) => void open.add(socket));
  server.listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  silent.push(server);
  const { port } = server.address() as AddressInfo;
  return { url: `postgres://owner@127.0.0.1:${port}/malipo`, stop: () => server.closeAllConnections() };
}

async function failure(work: () => Promise<unknown>): Promise<{ error: unknown; tookMs: number }> {
  const began = performance.now();
  try {
    await work();
  } catch (error) {
    return { error, tookMs: performance.now() - began };
  }
  return expect.fail('it succeeded');
}

test('a callback has time for more than one try, and a job for the piece it has begun', () => {
  expect(TIME_LIMITS.statementMs).toBeLessThan(PATIENCE_MS);
  expect(PATIENCE_MS).toBe(8_000);
  expect(14_000 + TIME_LIMITS.batchMs).toBeLessThan(30_000);
});

test('a statement and a batch that are never answered fail within their limits, and are worth repeating', { timeout: 15_000 }, async () => {
  const endpoint = await neverAnswering();
  const db = connect(endpoint.url, undefined, { limits: SHORT });
  const single = await failure(() => db.execute(sql`select 1`));
  expect(single.tookMs).toBeGreaterThanOrEqual(290);
  expect(single.tookMs).toBeLessThan(2_500);
  const batch = await failure(() => db.batch([db.execute(sql`select 1`), db.execute(sql`select 2`)]));
  expect(batch.tookMs).toBeGreaterThanOrEqual(590);
  expect(batch.tookMs).toBeLessThan(2_500);
  for (const { error } of [single, batch]) expect(isWorthRepeating(error)).toBe(true);
  endpoint.stop();
});

test('an answer that begins and never ends is given up too', { timeout: 15_000 }, async () => {
  const server = createServer(
    (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"rows":'),
  );
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const db = connect(`postgres://owner@127.0.0.1:${port}/malipo`, undefined, { limits: SHORT });
  const { error, tookMs } = await failure(() => db.execute(sql`select 1`));
  expect(tookMs).toBeLessThan(2_500);
  expect(isWorthRepeating(error)).toBe(true);
  server.closeAllConnections();
  server.close();
});

test.each([false, true])(
  'a transaction whose connection never comes about fails within its limit (WebSocket opened: %s)',
  { timeout: 15_000 },
  async (speaks) => {
    const endpoint = await neverAnswering(speaks);
    const db = connect(endpoint.url, undefined, { limits: SHORT });
    const { error, tookMs } = await failure(() => db.transaction((tx) => tx.execute(sql`select 1`)));
    expect(tookMs).toBeLessThan(2_500);
    expect(isWorthRepeating(error)).toBe(true);
    endpoint.stop();
  },
);

test('a server that is not there is told in words, over HTTP and WebSocket, and is worth repeating', async () => {
  const db = connect('postgres://owner@127.0.0.1:1/malipo');
  for (const work of [() => db.execute(sql`select 1`), () => db.transaction((tx) => tx.execute(sql`select 1`))]) {
    const { error } = await failure(work);
    expect(error).toBeInstanceOf(Error);
    expect(isWorthRepeating(error)).toBe(true);
  }
});

test('a transaction that hangs fails within its limit, keeps nothing, and the next one goes through', { timeout: 20_000 }, async () => {
  const db = connect(database.url, undefined, { limits: SHORT });
  await database.sql('create table kept (id int)');
  const { error, tookMs } = await failure(() =>
    db.transaction(async (tx) => {
      await tx.execute(sql`insert into kept values (1)`);
      await tx.execute(sql`select pg_sleep(3)`);
      await tx.execute(sql`insert into kept values (2)`);
    }),
  );
  expect(tookMs).toBeLessThan(2_500);
  expect(isWorthRepeating(error)).toBe(true);
  await db.transaction((tx) => tx.execute(sql`insert into kept values (3)`));
  await sleep(3_000);
  expect(await database.sql('select id from kept')).toEqual([{ id: 3 }]);
  await db.close();
});

test('a transaction that was given up cannot go on behind the back of who was told so', { timeout: 20_000 }, async () => {
  const db = connect(database.url, undefined, { limits: SHORT });
  await database.sql('create table late (id int)');
  const { error } = await failure(() =>
    db.transaction(async (tx) => {
      await tx.execute(sql`insert into late values (1)`);
      await sleep(900); // busy with something else
      await tx.execute(sql`insert into late values (2)`);
    }),
  );
  expect(isWorthRepeating(error)).toBe(true);
  await sleep(1_000);
  expect(await database.sql('select id from late')).toEqual([]);
  await db.close();
});

const broke = () => Object.assign(new Error('connection closed'), { code: '' });

test('repeated work succeeds once what it needs is back, and is heard at once', async () => {
  let tries = 0;
  const answer = await repeated(async () => {
    tries++;
    if (tries < 4) throw broke();
    return 'settled';
  });
  expect({ answer, tries }).toEqual({ answer: 'settled', tries: 4 });
});

test('what is wrong for good is not repeated', async () => {
  let tries = 0;
  const { error } = await failure(() =>
    repeated(async () => {
      tries++;
      throw Object.assign(new Error('division by zero'), { code: '22012' });
    }),
  );
  expect(tries).toBe(1);
  expect(error).toMatchObject({ code: '22012' });
});

test('patience covers everything: tries that fail, and one that hangs', async () => {
  let tries = 0;
  const failing = await failure(() =>
    repeated(async () => {
      tries++;
      throw broke();
    }, 1_500),
  );
  expect(failing.tookMs).toBeGreaterThanOrEqual(1_450);
  expect(failing.tookMs).toBeLessThan(3_000);
  expect(failing.error).toMatchObject({ message: 'connection closed' });
  expect(tries).toBeGreaterThan(2);
  const before = tries;
  await sleep(1_500);
  expect(tries).toBe(before);
  const hanging = await failure(() => repeated(() => new Promise(() => undefined), 300));
  expect(hanging.tookMs).toBeLessThan(3_000);
  expect(isWorthRepeating(hanging.error)).toBe(true);
});
