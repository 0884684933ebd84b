import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { guardedFetch, type OutboundRequest } from '#ground/outbound/guarded-fetch.ts';

const LOCAL = { allowsLoopback: true, ownHost: '127.0.0.1:1' };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A server on 127.0.0.1; resolves to its port. */
async function serve(listener: RequestListener, server: Server = createServer()): Promise<number> {
  server.on('request', listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

/** Resolves when the other side has hung up, however it did. */
const hungUp = ({ socket }: IncomingMessage) => new Promise((closed) => socket.on('error', () => {}).on('close', closed));

const call = (port: number, asked?: OutboundRequest, path = '/') => guardedFetch(LOCAL, `http://127.0.0.1:${port}${path}`, asked);

describe('an answer', () => {
  test('is read with its status, what was asked arrives as it is', async () => {
    const heard: unknown[] = [];
    const port = await serve(async (request, response) => {
      let body = '';
      for await (const piece of request.setEncoding('utf8')) body += piece;
      heard.push(request.method, request.url, request.headers['webhook-id'], request.headers['accept-encoding'], body);
      response.writeHead(410, { 'retry-after': '5' }).end('gone, Wanjikũ');
    });
    const asked = { method: 'POST', headers: { 'webhook-id': 'msg_1' }, body: '{"name":"Wanjikũ"}' } as const;
    expect(await call(port, asked, '/hook?a=1')).toMatchObject({
      ok: false,
      status: 410,
      headers: { 'retry-after': '5' },
      text: 'gone, Wanjikũ',
    });
    expect(heard).toEqual(['POST', '/hook?a=1', 'msg_1', 'identity', '{"name":"Wanjikũ"}']);
  });

  test('that redirects is an answer like any other: nothing goes where it points', async () => {
    let strangers = 0;
    const elsewhere = await serve((_, response) => {
      strangers += 1;
      response.end();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const port = await serve((_, response) => void response.writeHead(status, { location: `http://127.0.0.1:${elsewhere}/` }).end());
      expect(await call(port, { method: 'POST', body: '{}' })).toMatchObject({ ok: false, status });
    }
    expect(strangers).toBe(0);
  });

  test.each([
    ['says its size', (size: number) => ({ 'content-length': size })],
    ['does not', () => ({})],
  ])('that is too large ends there, and its server is hung up on; it %s', async (_, headersOf) => {
    let closed: Promise<unknown> | undefined;
    const port = await serve((request, response) => {
      closed = hungUp(request);
      response.on('error', () => {}).writeHead(200, headersOf(50_000_000));
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    await expect(call(port, { largestAnswer: 1_000 })).rejects.toMatchObject({ reason: 'answer_too_large' });
    await closed;
    const small = await serve((_request, response) => void response.end('x'.repeat(1_000)));
    expect((await call(small, { largestAnswer: 1_000 })).text).toHaveLength(1_000);
  });
});

describe('the time limit', () => {
  test.each([
    ['never answers', () => {}],
    ['says a byte now and then', (response: { write(text: string): unknown }) => void setInterval(() => response.write('x'), 20).unref()],
  ])('holds over all of it, and closes the connection: the server %s', async (_, behave) => {
    let closed: Promise<unknown> | undefined;
    const port = await serve((request, response) => {
      closed = hungUp(request);
      behave(response);
    });
    const began = Date.now();
    await expect(call(port, { timeoutMs: 200 })).rejects.toMatchObject({ reason: 'too_slow', message: 'It did not answer within 0.2 s.' });
    expect(Date.now() - began).toBeLessThan(2_000);
    await closed;
  });

  test('holds over the resolving of a name, and nothing is dialled after it', async () => {
    let requests = 0;
    const port = await serve((_, response) => {
      requests += 1;
      response.end();
    });
    const late = () =>
      new Promise<{ address: string; family: number }[]>((done) => setTimeout(done, 150, [{ address: '127.0.0.1', family: 4 }]));
    await expect(guardedFetch(LOCAL, `http://hook.example:${port}/`, { timeoutMs: 50 }, late)).rejects.toMatchObject({
      reason: 'too_slow',
    });
    await new Promise((done) => setTimeout(done, 250));
    expect(requests).toBe(0);
  });
});

describe('what is dialled', () => {
  test('is the address that was checked: a name is resolved once, and what it would answer later is not asked', async () => {
    let asked = 0;
    const port = await serve((request, response) => void response.end(request.headers.host));
    const changing = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
    expect((await guardedFetch(LOCAL, `http://hook.example:${port}/`, {}, changing)).text).toBe(`hook.example:${port}`);
    expect(asked).toBe(1);
  });

  test('is nothing where one of the addresses of the name is private', async () => {
    let requests = 0;
    const port = await serve((_, response) => {
      requests += 1;
      response.end();
    });
    const both = async () => ['127.0.0.1', '192.168.0.1'].map((address) => ({ address, family: 4 }));
    await expect(guardedFetch(LOCAL, `http://hook.example:${port}/`, {}, both)).rejects.toMatchObject({ reason: 'address_refused' });
    await expect(guardedFetch({ ...LOCAL, allowsLoopback: false }, `http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      reason: 'address_refused',
    });
    await expect(guardedFetch(LOCAL, 'nonsense')).rejects.toMatchObject({ reason: 'address_refused' });
    expect(requests).toBe(0);
  });

  test('that does not answer is not reached, in words without the address', async () => {
    const port = await serve(() => {});
    servers.splice(0)[0]?.close();
    const error = await call(port, {}, '/services/T0/secret').catch((each: Error) => each);
    expect(error).toMatchObject({ reason: 'not_reached', message: 'It was not reached (ECONNREFUSED).' });
    const broken = await serve((request) => void request.socket.destroy());
    await expect(call(broken)).rejects.toMatchObject({ reason: 'not_reached' });
  });
});

test('over TLS it speaks to nobody whose certificate is unknown or names another host', async () => {
  const file = (name: string) => readFileSync(new URL(`../local/certificates/${name}.pem`, import.meta.url), 'utf8');
  let requests = 0;
  const port = await serve(
    (_, response) => {
      requests += 1;
      response.end('well');
    },
    createSecureServer({ key: file('server-key'), cert: file('server') }),
  );
  const toIt = async () => [{ address: '127.0.0.1', family: 4 }];
  const refused = { reason: 'certificate_refused' };
  await expect(guardedFetch(LOCAL, `https://127.0.0.1:${port}/`)).rejects.toMatchObject(refused);
  const usual = getCACertificates('default');
  setDefaultCACertificates([file('authority')]);
  try {
    await expect(guardedFetch(LOCAL, `https://hook.example:${port}/`, {}, toIt)).rejects.toMatchObject(refused);
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    await expect(guardedFetch(LOCAL, `https://hook.example:${port}/`, {}, toIt)).rejects.toMatchObject(refused);
    expect(requests).toBe(0);
    expect(await guardedFetch(LOCAL, `https://127.0.0.1:${port}/`)).toMatchObject({ ok: true, text: 'well' });
  } finally {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    setDefaultCACertificates(usual);
  }
  const plain = await serve((_, response) => void response.end());
  await expect(guardedFetch(LOCAL, `https://127.0.0.1:${plain}/`)).rejects.toMatchObject(refused);
});
