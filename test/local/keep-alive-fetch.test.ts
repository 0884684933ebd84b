import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { connect } from '#ground/db/client.ts';
import { isWorthRepeating } from '#ground/db/errors.ts';
import { keepAliveFetch } from '#ground/db/keep-alive-fetch.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener, server: Server = createServer()): Promise<{ url: string; connections(): number }> {
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.on('request', listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return { url: `127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections };
}

const post = (url: string, more: Parameters<typeof keepAliveFetch>[1] = {}) => keepAliveFetch(url, { method: 'POST', body: '{}', ...more });

test('it sends method, headers and body as they are, reads status and body, and uses one connection for all', async () => {
  const heard: unknown[] = [];
  const { url, connections } = await serve(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    heard.push([request.method, request.url, request.headers['neon-array-mode'], body]);
    response.writeHead(400).end('{"code":"23505","name":"Wanjikũ"}');
  });
  for (let n = 0; n < 3; n++) {
    const answer = await post(`http://${url}/sql`, { headers: { 'Neon-Array-Mode': 'true' }, body: '{"query":"select \'ũ\'"}' });
    expect(answer).toMatchObject({ ok: false, status: 400 });
    expect(await answer.json()).toEqual({ code: '23505', name: 'Wanjikũ' });
    expect(await answer.text()).toContain('23505');
  }
  expect(heard).toEqual(Array(3).fill(['POST', '/sql', 'true', '{"query":"select \'ũ\'"}']));
  expect(connections()).toBe(1);
});

test('a signal ends it with its reason: before it was sent, while it waits, and in the middle of the answer', async () => {
  let requests = 0;
  let closed: Promise<unknown> | undefined;
  let controller = new AbortController();
  const { url } = await serve((request, response) => {
    requests += 1;
    closed = new Promise((resolve) => request.socket.on('error', () => {}).on('close', resolve));
    if (request.url === '/half') response.write('{"rows":');
    setTimeout(() => controller.abort(new Error('too late')), 20);
  });
  await expect(post(`http://${url}/`, { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late');
  expect(requests).toBe(0);
  for (const path of ['/never', '/half']) {
    controller = new AbortController();
    await expect(post(`http://${url}${path}`, { signal: controller.signal })).rejects.toThrow('too late');
    await closed; // the server is told
  }
  expect(requests).toBe(2);
});

test('it follows no redirect: a statement and its password go nowhere else', async () => {
  let strangers = 0;
  const elsewhere = await serve((_, response) => {
    strangers += 1;
    response.end();
  });
  const { url } = await serve((_, response) => void response.writeHead(307, { location: `http://${elsewhere.url}/` }).end());
  expect(await post(`http://${url}/`)).toMatchObject({ ok: false, status: 307 });
  expect(strangers).toBe(0);
});

test('over TLS it uses one connection too, and speaks to nobody whose certificate it cannot verify', async () => {
  const file = (name: string) => readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8');
  let requests = 0;
  let handshakes = 0;
  const server = createSecureServer({ key: file('server-key'), cert: file('server') });
  server.on('secureConnection', () => {
    handshakes += 1;
  });
  const { url } = await serve((_, response) => {
    requests += 1;
    response.end('{"rows":[]}');
  }, server);

  await expect(post(`https://${url}/sql`)).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  expect(requests).toBe(0);

  const usual = getCACertificates('default');
  setDefaultCACertificates([file('authority')]);
  try {
    handshakes = 0;
    for (let n = 0; n < 3; n++) expect(await (await post(`https://${url}/sql`)).json()).toEqual({ rows: [] });
    expect({ requests, handshakes }).toEqual({ requests: 3, handshakes: 1 });
    // right authority, wrong name
    await expect(post(`https://${url.replace('127.0.0.1', 'localhost')}/sql`)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  } finally {
    setDefaultCACertificates(usual);
  }
});

test('a connection that breaks before the answer, or in the middle of it, is worth repeating, and is not repeated here', async () => {
  let requests = 0;
  const { url } = await serve((request, response) => {
    requests += 1;
    if (request.url !== '/sql') response.destroy();
    else response.writeHead(200, { 'content-length': 100 }).write('{"rows":', () => response.destroy());
  });
  await expect(post(`http://${url}/`)).rejects.toMatchObject({ code: 'ECONNRESET' });
  const db = connect(`postgres://postgres@${url}/postgres`);
  const cut = await Promise.resolve(db.execute(sql`select 1`)).catch((error: unknown) => error);
  expect(isWorthRepeating(cut)).toBe(true);
  expect(requests).toBe(2);

  servers.splice(0)[0]?.close().closeAllConnections();
  const refused = await Promise.resolve(db.execute(sql`select 1`)).catch((error: unknown) => error);
  expect(isWorthRepeating(refused)).toBe(true);
  await db.close();
});

/** A server in a thread of its own, which hangs up so many milliseconds after each answer without having said that it would. */
const HANGS_UP = `
  const { parentPort, workerData } = require('node:worker_threads');
  let requests = 0, connections = 0;
  const server = require('node:net').createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.on('data', () => {
      requests += 1;
      const body = JSON.stringify({ requests, connections });
      socket.write('HTTP/1.1 200 OK\\r\\ncontent-length: ' + body.length + '\\r\\n\\r\\n' + body);
      setTimeout(() => workerData.reset ? socket.resetAndDestroy() : socket.end(), workerData.ms);
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;

async function withServerThatHangsUp(data: { ms: number; reset?: boolean }, use: (url: string) => Promise<void>): Promise<void> {
  const worker = new Worker(HANGS_UP, { eval: true, workerData: data });
  try {
    const [port] = (await once(worker, 'message')) as [number];
    await use(`http://127.0.0.1:${port}/`);
  } finally {
    await worker.terminate();
  }
}

/** Stops this process's clock and its reading, as the platform does between two requests. */
const freeze = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test.each([
  ['ended', false],
  ['reset', true],
])('a connection that was %s while this process was frozen is not used again: nothing is sent twice', async (_, reset) => {
  await withServerThatHangsUp({ ms: 100, reset }, async (url) => {
    for (let n = 1; n <= 5; n++) {
      expect(await (await post(url)).json()).toEqual({ requests: n, connections: n });
      freeze(400);
    }
  });
});

test('a connection that has been idle for longer than the other side may remember it is not used again', async () => {
  await withServerThatHangsUp({ ms: 3_600_000 }, async (url) => {
    expect(await (await post(url)).json()).toEqual({ requests: 1, connections: 1 });
    freeze(1_000);
    expect(await (await post(url)).json()).toEqual({ requests: 2, connections: 1 });
    freeze(4_100);
    expect(await (await post(url)).json()).toEqual({ requests: 3, connections: 2 });
  });
});
