import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDaraja, type DarajaOptions } from '#mpesa/daraja/client.ts';
import type { Token, TokenCache, TokenLease } from '#mpesa/daraja/token.ts';

type Seen = { path: string; authorization: string; body: Record<string, unknown> };
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const CLOCK = { now: () => new Date('2026-11-21T21:30:05Z') };

/** Answers with a status and a body: an object as JSON, a string as it is. */
export const says =
  (status: number, body: object | string): Answer =>
  (response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** A server on loopback that gives the queued answers in turn (the last one stays) and writes down what it was asked. */
export async function startFakeSafaricom() {
  const seen: Seen[] = [];
  const connections = new Set<unknown>();
  const answers = { oauth: [] as Answer[], api: [] as Answer[] };
  let tokens = 0;
  const freshToken: Answer = (response) =>
    says(200, { access_token: `token-${++tokens}`, expires_in: '3599' })(response, undefined as never);
  const server = createServer(async (request, response) => {
    connections.add(request.socket);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const path = request.url ?? '';
    seen.push({ path, authorization: request.headers.authorization ?? '', body: text ? JSON.parse(text) : {} });
    const queue = path.startsWith('/oauth') ? answers.oauth : answers.api;
    const answer = (queue.length > 1 ? queue.shift() : queue[0]) ?? (path.startsWith('/oauth') ? freshToken : says(500, ''));
    answer(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    apiCalls: () => seen.filter(({ path }) => !path.startsWith('/oauth')),
    tokenCalls: () => seen.filter(({ path }) => path.startsWith('/oauth')),
    connections,
    reset() {
      connections.clear();
      seen.length = answers.oauth.length = answers.api.length = tokens = 0;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A shared cache as the database keeps it: one token, one claim. */
export function createMemoryCache(token: Token | null = null) {
  const state = { token, claimed: false, leases: 0, saves: 0 };
  const cache: TokenCache = {
    async lease(rejected): Promise<TokenLease> {
      state.leases++;
      await Promise.resolve();
      if (state.token && state.token.value === rejected?.value) state.token = null;
      if (state.token) return { token: state.token, claimed: false };
      const claimed = !state.claimed;
      state.claimed = true;
      return { token: null, claimed };
    },
    async save(saved) {
      state.saves++;
      state.token = saved;
      state.claimed = false;
    },
  };
  return { cache, state };
}

export const SECRETS = { consumerKey: 'CANARYkey', consumerSecret: 'CANARYsecret', passkey: 'CANARYpasskey' };

/** A client for the fake, as a paybill unless told otherwise. */
export function createClient(baseUrl: string, options: Partial<DarajaOptions> = {}) {
  const { cache, state } = createMemoryCache();
  const daraja = createDaraja({
    baseUrl,
    ...SECRETS,
    shortcode: '174379',
    transactionType: 'paybill',
    tokenCache: cache,
    clock: CLOCK,
    timeoutMs: 400,
    ...options,
  });
  return { daraja, cacheState: state };
}

export const PUSH = {
  phone: '254700000001',
  amountShillings: 350,
  reference: 'ORD-4K7Q2M',
  description: 'Shoes',
  callbackUrl: 'https://pay.example/api/callbacks/stk/abc',
};

export const ACCEPTED = {
  MerchantRequestID: '234f-43a9-ae11-d0b0c2dbe930108127',
  CheckoutRequestID: 'ws_CO_170820261404032700000001',
  ResponseCode: '0',
  ResponseDescription: 'Success. Request accepted for processing',
  CustomerMessage: 'Success. Request accepted for processing',
};

/** The error that a promise rejects with; fails the test when it resolves. */
export async function errorOf(promise: Promise<unknown>): Promise<Record<string, unknown> & Error> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  if ('value' in outcome) throw new Error(`expected a rejection, got ${JSON.stringify(outcome.value)}`);
  return outcome.error;
}
