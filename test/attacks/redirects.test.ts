import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { useApp } from '#app.ts';
import { sendAlert } from '#desk/alerts/send-alert.ts';
import { createDaraja } from '#mpesa/daraja/client.ts';
import { newPhone, statusOf } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

const TOKEN = { access_token: 'aTokenThatMustNotTravel', expires_in: '3599' };

/** A server that answers by path, and everything it was asked. */
async function serve(answer: (path: string) => { status: number; headers?: Record<string, string>; body?: unknown }) {
  const asked: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request);
    const { status, headers = {}, body = {} } = answer(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { asked, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

let world: World;
let elsewhere: Awaited<ReturnType<typeof serve>>;
let redirecting: Awaited<ReturnType<typeof serve>>;
let tokenRedirects = false;
beforeAll(async () => {
  world = await startWorld();
  elsewhere = await serve(() => ({
    status: 200,
    body: { ...TOKEN, ResponseCode: '0', MerchantRequestID: 'm', CheckoutRequestID: 'ws_CO_elsewhere' },
  }));
  redirecting = await serve((path) => {
    if (path.startsWith('/oauth') && !tokenRedirects) return { status: 200, body: TOKEN };
    return { status: 302, headers: { location: `${elsewhere.url}${path}` } };
  });
});
afterAll(async () => {
  await world.stop();
  for (const { server } of [elsewhere, redirecting]) server.close();
});

beforeEach(async () => {
  const { mpesa } = world.app.config;
  let kept: { value: string; expiresAt: Date } | null = null;
  const tokenCache = {
    lease: async () => ({ token: kept, claimed: kept === null }),
    save: async (token: { value: string; expiresAt: Date }) => {
      kept = token;
    },
  };
  const { tillNumber: _, environment: __, ...merchant } = mpesa;
  const daraja = createDaraja({ ...merchant, baseUrl: redirecting.url, tokenCache, clock: world.clock, timeoutMs: 1_000 });
  useApp({ ...world.app, daraja: { ...daraja, hasToken: () => true } });
});

const push = async () => {
  const response = await world.send('POST', '/api/payments/stk-push', { body: { phoneNumber: newPhone(), items: [{ sku: 'coffee' }] } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test('a prompt that Safaricom redirects goes nowhere else, and is unknown: nobody can tell what the first host did', async () => {
  tokenRedirects = false;
  const { status, body } = await push();
  expect([status, body.status]).toEqual([201, 'unknown']);
  expect(redirecting.asked.filter(({ url }) => url?.includes('stkpush'))).toHaveLength(1);
  expect(elsewhere.asked).toHaveLength(0);
  expect(await statusOf(world, String(body.paymentId))).toMatchObject({ status: 'unknown' });
});

test('a token is not fetched from where Safaricom redirects to: the prompt was not sent', async () => {
  tokenRedirects = true;
  const { status, body } = await push();
  expect([status, body.code]).toEqual([503, 'provider_unavailable']);
  expect(elsewhere.asked).toHaveLength(0);
});

test('an alert is not carried to where its webhook redirects to, and is tried again', async () => {
  const reviewId = '01935c4e-0000-7000-8000-000000000001';
  await world.database.sql("insert into reviews (id, kind, subject, opened_at) values ($1, 'test', 'a subject', now())", [reviewId]);
  const app = {
    ...world.app,
    config: { ...world.app.config, alerts: { ...world.app.config.alerts, webhookUrl: `${redirecting.url}/hook` } },
  };
  await expect(sendAlert(app, { kind: 'alert', reviewId })).rejects.toThrow();
  expect(redirecting.asked.some(({ url }) => url === '/hook')).toBe(true);
  expect(elsewhere.asked).toHaveLength(0);
});
