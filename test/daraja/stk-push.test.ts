import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACCEPTED, createClient, createMemoryCache, errorOf, PUSH, SECRETS, says, startFakeSafaricom } from './fake-safaricom.ts';

let safaricom: Awaited<ReturnType<typeof startFakeSafaricom>>;
beforeAll(async () => {
  safaricom = await startFakeSafaricom();
});
afterAll(() => safaricom.stop());
beforeEach(() => safaricom.reset());

const INVALID_TOKEN = says(404, { requestId: 'r', errorCode: '404.001.03', errorMessage: 'Invalid Access Token' });

describe('an STK push', () => {
  it('sends what Safaricom asks of a paybill, on the clock of Nairobi', async () => {
    safaricom.answers.api = [says(200, ACCEPTED)];
    const { daraja } = createClient(safaricom.baseUrl);
    const accepted = await daraja.stkPush(PUSH);
    expect(accepted).toEqual({ merchantRequestId: ACCEPTED.MerchantRequestID, checkoutRequestId: ACCEPTED.CheckoutRequestID });
    expect(safaricom.tokenCalls()[0]).toMatchObject({
      path: '/oauth/v1/generate?grant_type=client_credentials',
      authorization: `Basic ${btoa(`${SECRETS.consumerKey}:${SECRETS.consumerSecret}`)}`,
    });
    expect(safaricom.apiCalls()).toEqual([
      {
        path: '/mpesa/stkpush/v1/processrequest',
        authorization: 'Bearer token-1',
        body: {
          BusinessShortCode: '174379',
          Password: btoa(`174379${SECRETS.passkey}20261122003005`),
          Timestamp: '20261122003005',
          TransactionType: 'CustomerPayBillOnline',
          Amount: 350,
          PartyA: '254700000001',
          PartyB: '174379',
          PhoneNumber: '254700000001',
          CallBackURL: PUSH.callbackUrl,
          AccountReference: 'ORD-4K7Q2M',
          TransactionDesc: 'Shoes',
        },
      },
    ]);
  });

  it('names the till, not the short code, as the receiver of a till', async () => {
    safaricom.answers.api = [says(200, ACCEPTED)];
    const { daraja } = createClient(safaricom.baseUrl, { transactionType: 'till', tillNumber: '5000001' });
    await daraja.stkPush(PUSH);
    const { body } = safaricom.apiCalls()[0] ?? {};
    expect(body).toMatchObject({ BusinessShortCode: '174379', PartyB: '5000001', TransactionType: 'CustomerBuyGoodsOnline' });
    expect(() => createClient(safaricom.baseUrl, { transactionType: 'till' })).toThrow('tillNumber');
  });

  it('cuts reference and description to what survives in a request', async () => {
    safaricom.answers.api = [says(200, ACCEPTED)];
    const { daraja } = createClient(safaricom.baseUrl);
    await daraja.stkPush({ ...PUSH, reference: 'A&B #12@ 3456789', description: '<Café> & Söhne GmbH' });
    await daraja.stkPush({ ...PUSH, description: '&&&' });
    expect(safaricom.apiCalls().map(({ body }) => [body.AccountReference, body.TransactionDesc])).toEqual([
      ['AB 12 345678', 'Cafe Sohne Gm'],
      ['ORD-4K7Q2M', 'Payment'],
    ]);
  });

  it.each([
    ['no whole shillings', { amountShillings: 10.5 }, 'invalid_amount'],
    ['nothing', { amountShillings: 0 }, 'invalid_amount'],
    ['less than nothing', { amountShillings: -5 }, 'invalid_amount'],
    ['above the limit', { amountShillings: 250_001 }, 'invalid_amount'],
    ['no number', { amountShillings: Number.NaN }, 'invalid_amount'],
    ['a local phone', { phone: '0700000001' }, 'invalid_phone'],
    ['a foreign phone', { phone: '255700000001' }, 'invalid_phone'],
    ['no address', { callbackUrl: 'pay.example/cb' }, 'invalid_callback_url'],
    ['an empty reference', { reference: '##' }, 'bad_request'],
  ])('of %s is refused before anything is sent', async (_, change, reason) => {
    const { daraja } = createClient(safaricom.baseUrl);
    const error = await errorOf(daraja.stkPush({ ...PUSH, ...change }));
    expect(error).toMatchObject({ name: 'DarajaError', kind: 'refused', reason });
    expect([...safaricom.apiCalls(), ...safaricom.tokenCalls()]).toEqual([]);
  });

  it('fetches a new token once and repeats once after an invalid one', async () => {
    safaricom.answers.api = [INVALID_TOKEN, says(200, ACCEPTED)];
    const { daraja, cacheState } = createClient(safaricom.baseUrl);
    await daraja.stkPush(PUSH);
    expect(safaricom.apiCalls().map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(cacheState.token?.value).toBe('token-2');
    expect(daraja.hasToken()).toBe(true);
  });

  it('is refused as invalid_token when the new token is invalid too', async () => {
    safaricom.answers.api = [INVALID_TOKEN];
    const { daraja } = createClient(safaricom.baseUrl);
    expect(await errorOf(daraja.stkPush(PUSH))).toMatchObject({ kind: 'refused', reason: 'invalid_token', errorCode: '404.001.03' });
    expect([safaricom.apiCalls().length, safaricom.tokenCalls().length]).toEqual([2, 2]);
  });

  it('never travels on an old connection, which may have died while the instance slept', async () => {
    safaricom.answers.api = [says(200, ACCEPTED)];
    const { daraja } = createClient(safaricom.baseUrl);
    for (let pushes = 0; pushes < 3; pushes++) await daraja.stkPush(PUSH);
    expect(safaricom.connections.size).toBe(4);
  });

  it('uses the lease in hand and leaves the cache alone', async () => {
    safaricom.answers.api = [says(200, ACCEPTED)];
    const { daraja, cacheState } = createClient(safaricom.baseUrl);
    await daraja.stkPush(PUSH, { token: { value: 'leased', expiresAt: new Date('2026-11-21T22:00:00Z') }, claimed: false });
    expect(safaricom.apiCalls()[0]?.authorization).toBe('Bearer leased');
    expect([cacheState.leases, safaricom.tokenCalls().length]).toEqual([0, 0]);
  });

  it.each([
    ['wrong keys', says(400, ''), 'wrong_credentials', 1],
    ['the firewall', says(503, 'Request unsuccessful. Incapsula incident ID: 1'), 'blocked_by_firewall', 1],
    ['errors that stay', says(500, ''), 'no_token', 3],
    ['a token without its value', says(200, { expires_in: 3599 }), 'no_token', 3],
    ['a token that never expires', says(200, { access_token: 'x', expires_in: 'never' }), 'no_token', 3],
  ])('is refused, not unclear, when the token fails by %s', async (_, answer, reason, tries) => {
    safaricom.answers.oauth = [answer];
    const { daraja } = createClient(safaricom.baseUrl);
    expect(await errorOf(daraja.stkPush(PUSH))).toMatchObject({ kind: 'refused', reason });
    expect([safaricom.tokenCalls().length, safaricom.apiCalls().length]).toEqual([tries, 0]);
  });

  it.each([
    ['an error of theirs', says(500, { errorCode: '500.003.1001', errorMessage: 'Internal Server Error' }), 'server_error'],
    ['silence', () => undefined, 'timed_out'],
    [
      'a stalled answer',
      (response: { writeHead(s: number): { write(t: string): void } }) => response.writeHead(200).write('{"Ch'),
      'timed_out',
    ],
    ['a reset', (_: unknown, request: { socket: { resetAndDestroy(): void } }) => request.socket.resetAndDestroy(), 'connection_lost'],
    ['a 2xx without ids', says(200, { ResponseCode: '0' }), 'unreadable_answer'],
    ['a 2xx with one id', says(200, { ResponseCode: '0', MerchantRequestID: 'm' }), 'unreadable_answer'],
    ['a 2xx with another response code', says(200, { ...ACCEPTED, ResponseCode: '1' }), 'unreadable_answer'],
    ['a page', says(200, '<html>'), 'unreadable_answer'],
    ['nothing at all', says(200, ''), 'unreadable_answer'],
    ['an endless answer', says(200, { ...ACCEPTED, CustomerMessage: 'x'.repeat(300_000) }), 'unreadable_answer'],
    [
      'a redirect',
      (response: { writeHead(s: number, h: object): { end(): void } }) => response.writeHead(307, { location: '/elsewhere' }).end(),
      'connection_lost',
    ],
  ])('is unclear and never repeated after %s', async (_, answer, reason) => {
    safaricom.answers.api = [answer as never];
    const { daraja } = createClient(safaricom.baseUrl);
    expect(await errorOf(daraja.stkPush(PUSH))).toMatchObject({ kind: 'unclear', reason });
    expect(safaricom.apiCalls()).toHaveLength(1);
  });

  it.each(['throttled', 'subscriber_locked'])('is not repeated when %s', async (reason) => {
    const locked = { errorCode: '500.001.1001', errorMessage: 'Unable to lock subscriber, a transaction is already in process' };
    const throttled = { fault: { faultstring: 'x', detail: { errorcode: 'policies.ratelimit.SpikeArrestViolation' } } };
    safaricom.answers.api = [says(500, reason === 'throttled' ? throttled : locked)];
    const { daraja } = createClient(safaricom.baseUrl);
    expect(await errorOf(daraja.stkPush(PUSH))).toMatchObject({ kind: 'refused', reason });
    expect(safaricom.apiCalls()).toHaveLength(1);
  });

  it('is refused when nobody listens, and when the name cannot be found', async () => {
    const fresh = () => createMemoryCache({ value: 't', expiresAt: new Date('2026-11-21T22:30:00Z') }).cache;
    const closed = createServer();
    const baseUrl = await addressOf(closed);
    await new Promise((done) => closed.close(done));
    const { daraja } = createClient(baseUrl, { tokenCache: fresh() });
    expect(await errorOf(daraja.stkPush(PUSH))).toMatchObject({ kind: 'refused', reason: 'unreachable' });

    const notFound = () => Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('dns'), { code: 'ENOTFOUND' }) }));
    const lost = createClient('https://safaricom.example', { tokenCache: fresh(), fetch: notFound });
    expect(await errorOf(lost.daraja.stkPush(PUSH))).toMatchObject({ kind: 'refused', reason: 'unreachable' });
  });

  it.each([
    ['every address refused', ['ECONNREFUSED', 'ECONNREFUSED'], 'refused'],
    ['one address lost later', ['ECONNREFUSED', 'ECONNRESET'], 'unclear'],
  ])('is judged by all addresses tried: %s', async (_, codes, kind) => {
    const cause = new AggregateError(codes.map((code) => Object.assign(new Error(code), { code })));
    const { daraja } = createClient('https://safaricom.example', {
      tokenCache: createMemoryCache({ value: 't', expiresAt: new Date('2026-11-21T22:30:00Z') }).cache,
      fetch: () => Promise.reject(new TypeError('fetch failed', { cause })),
    });
    expect(await errorOf(daraja.stkPush(PUSH))).toMatchObject({ kind });
  });

  it('lets no secret, token, phone or body into an error', async () => {
    const echo = `Error Occurred - Invalid Access Token - token-2 for 254700000001 ${SECRETS.passkey}`;
    for (const answer of [says(401, { errorCode: '401.002.01', errorMessage: echo }), says(200, `${echo} <html>`), says(500, echo)]) {
      safaricom.reset();
      safaricom.answers.api = [answer];
      const error = await errorOf(createClient(safaricom.baseUrl).daraja.stkPush(PUSH));
      const shown = [error.message, error.stack, String(error.cause), JSON.stringify({ ...error })].join('\n');
      for (const canary of ['CANARY', 'token-', '254700000001', btoa(SECRETS.passkey).slice(0, 10)]) expect(shown).not.toContain(canary);
    }
  });
});

async function addressOf(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
