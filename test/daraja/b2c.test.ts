import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClient, createMemoryCache, errorOf, SECRETS, says, startFakeSafaricom } from './fake-safaricom.ts';
import { ACKNOWLEDGED, INITIATOR, openCredential, URLS } from './initiator.ts';

let safaricom: Awaited<ReturnType<typeof startFakeSafaricom>>;
beforeAll(async () => {
  safaricom = await startFakeSafaricom();
});
afterAll(() => safaricom.stop());
beforeEach(() => safaricom.reset());

const PAYOUT = {
  originatorConversationId: '019ab0f2-7c1e-7cc3-b1d0-5f3c7e0e9a11',
  phone: '254700000001',
  amountShillings: 350,
  commandId: 'BusinessPayment' as const,
  remarks: 'Refund of ORD-4K7Q2M',
  occasion: '',
  ...URLS,
};
const ACCEPTED = { ...ACKNOWLEDGED, OriginatorConversationID: PAYOUT.originatorConversationId };
const client = (options: Parameters<typeof createClient>[1] = {}) => createClient(safaricom.baseUrl, { initiator: INITIATOR, ...options });
const failing = (status: number, body: object | string) => {
  safaricom.answers.api = [says(status, body)];
  return errorOf(client().daraja.sendB2c(PAYOUT));
};
const stated = (errorCode: string, errorMessage: string) => ({ requestId: 'r', errorCode, errorMessage });

describe('a payout', () => {
  it('sends what Safaricom asks, misspellings included, and gives both ids', async () => {
    safaricom.answers.api = [says(200, ACCEPTED)];
    const accepted = await client().daraja.sendB2c({ ...PAYOUT, occasion: 'Café & more' });
    expect(accepted).toEqual({ conversationId: ACCEPTED.ConversationID, originatorConversationId: PAYOUT.originatorConversationId });
    const [call] = safaricom.apiCalls();
    const { SecurityCredential, ...body } = call?.body ?? {};
    expect(call).toMatchObject({ path: '/mpesa/b2c/v3/paymentrequest', authorization: 'Bearer token-1' });
    expect(openCredential(SecurityCredential)).toBe(INITIATOR.password);
    expect(body).toEqual({
      OriginatorConversationID: PAYOUT.originatorConversationId,
      InitiatorName: 'testapi',
      CommandID: 'BusinessPayment',
      Amount: 350,
      PartyA: '600992',
      PartyB: '254700000001',
      Remarks: 'Refund of ORD-4K7Q2M',
      QueueTimeOutURL: URLS.timeoutUrl,
      ResultURL: URLS.resultUrl,
      Occassion: 'Cafe more',
    });
  });

  it('leaves an empty occasion out and never sends remarks too short to be taken', async () => {
    safaricom.answers.api = [says(200, ACCEPTED)];
    await client().daraja.sendB2c({ ...PAYOUT, remarks: '#', occasion: '&' });
    expect(safaricom.apiCalls()[0]?.body).toMatchObject({ Remarks: 'Payment' });
    expect(safaricom.apiCalls()[0]?.body).not.toHaveProperty('Occassion');
  });

  it('keeps our id when the answer does not repeat it', async () => {
    safaricom.answers.api = [says(200, { ...ACCEPTED, OriginatorConversationID: undefined })];
    expect((await client().daraja.sendB2c(PAYOUT)).originatorConversationId).toBe(PAYOUT.originatorConversationId);
  });

  it.each([
    ['below the limit', { amountShillings: 9 }, 'invalid_amount'],
    ['above the limit', { amountShillings: 250_001 }, 'invalid_amount'],
    ['no whole shillings', { amountShillings: 10.5 }, 'invalid_amount'],
    ['a local phone', { phone: '0700000001' }, 'invalid_phone'],
    ['no id', { originatorConversationId: '' }, 'bad_request'],
    ['an id with signs', { originatorConversationId: 'a b&c' }, 'bad_request'],
    ['another command', { commandId: 'BusinessPayToPochi' as never }, 'bad_request'],
    ['no result address', { resultUrl: 'pay.example' }, 'invalid_callback_url'],
    ['no time-out address', { timeoutUrl: '' }, 'invalid_callback_url'],
  ])('of %s is refused before anything is sent', async (_, change, reason) => {
    expect(await errorOf(client().daraja.sendB2c({ ...PAYOUT, ...change }))).toMatchObject({
      kind: 'refused',
      reason,
    });
    expect([...safaricom.apiCalls(), ...safaricom.tokenCalls()]).toEqual([]);
  });

  it('without an initiator, or with one that has no certificate, is refused as not_configured', async () => {
    const bare = createClient(safaricom.baseUrl).daraja;
    expect(await errorOf(bare.sendB2c(PAYOUT))).toMatchObject({ kind: 'refused', reason: 'not_configured' });
    const broken = client({ initiator: { ...INITIATOR, certificatePem: 'x' } }).daraja;
    expect(await errorOf(broken.sendB2c(PAYOUT))).toMatchObject({ kind: 'refused', reason: 'not_configured' });
    expect([...safaricom.apiCalls(), ...safaricom.tokenCalls()]).toEqual([]);
  });

  it('is unclear as duplicate_request when its id was there before, in whatever form that is said', async () => {
    const duplicate = { kind: 'unclear', reason: 'duplicate_request' };
    expect(await failing(500, stated('500.002.1001', 'Duplicate OriginatorConversationID.'))).toMatchObject(duplicate);
    expect(await failing(400, stated('400.002.02', 'Bad Request - Duplicate OriginatorConversationID'))).toMatchObject(duplicate);
    expect(await failing(200, stated('', 'duplicate OriginatorConversationID'))).toMatchObject(duplicate);
  });

  it.each<[string, number, object | string, string]>([
    ['an internal error under the code of a duplicate', 500, stated('500.002.1001', 'System internal error.'), 'unclear server_error'],
    ['maintenance', 500, stated('500.002.1001', 'Service is currently under maintenance'), 'unclear maintenance'],
    ['a page', 502, '<html>', 'unclear server_error'],
    ['an empty success', 200, '{}', 'unclear unreadable_answer'],
    ['a success without its id', 200, { ...ACCEPTED, ConversationID: '' }, 'unclear unreadable_answer'],
    ['a success that was not accepted', 200, { ...ACCEPTED, ResponseCode: '1' }, 'unclear unreadable_answer'],
    [
      'an error beside an id',
      400,
      { ...stated('400.002.02', 'Bad Request - Invalid Amount'), ConversationID: 'AG_1' },
      'unclear unreadable_answer',
    ],
    ['a wrong credential', 400, stated('400.002.02', 'Bad Request - Invalid SecurityCredential'), 'refused wrong_credentials'],
    ['a wrong initiator', 400, stated('400.002.02', 'Bad Request - Invalid InitiatorName'), 'refused wrong_credentials'],
    ['a locked initiator', 500, stated('500.002.1001', 'The security credential is locked'), 'refused initiator_locked'],
    ['a wrong phone', 400, stated('400.002.02', 'Bad Request - Invalid PartyB'), 'refused invalid_phone'],
    ['a wrong short code', 400, stated('400.002.02', 'Bad Request - Invalid PartyA'), 'refused bad_request'],
    ['a wrong result address', 400, stated('400.002.02', 'Bad Request - Invalid ResultURL'), 'refused invalid_callback_url'],
    ['throttling', 500, stated('500.003.02', 'Error Occurred: Spike Arrest Violation'), 'refused throttled'],
  ])('answered with %s', async (_, status, body, verdict) => {
    const error = await failing(status, body);
    expect(`${error.kind} ${error.reason}`).toBe(verdict);
    expect(safaricom.apiCalls()).toHaveLength(1);
  });

  it('is unclear and sent once when no answer comes', async () => {
    safaricom.answers.api = [() => undefined];
    expect(await errorOf(client().daraja.sendB2c(PAYOUT))).toMatchObject({ kind: 'unclear', reason: 'timed_out' });
    expect(safaricom.apiCalls()).toHaveLength(1);
  });

  it('lets no error carry the password, its encryption or a token', async () => {
    const message = `The initiator information is invalid ${'aB3/'.repeat(86)}`;
    const error = await failing(500, stated('500.002.1001', message));
    expect(error).toMatchObject({ kind: 'refused', reason: 'wrong_credentials' });
    expect(JSON.stringify(error) + error.message + error.stack).not.toMatch(/CANARY|aB3|token-1/);
  });
});

describe('the initiator', () => {
  it('shares the token of the collection unless it has an app of its own', async () => {
    safaricom.answers.api = [says(200, ACCEPTED)];
    const { daraja, cacheState } = client();
    await daraja.sendB2c(PAYOUT);
    expect(cacheState.token?.value).toBe('token-1');
    expect(daraja.hasToken()).toBe(true);
    await daraja.sendB2c(PAYOUT);
    expect(safaricom.tokenCalls()).toHaveLength(1); // the initiator's is kept
  });

  it('with an app of its own asks with its own keys and keeps its own token', async () => {
    safaricom.answers.api = [says(200, ACCEPTED)];
    const own = createMemoryCache();
    const initiator = { ...INITIATOR, consumerKey: 'b2ckey', consumerSecret: 'b2csecret', tokenCache: own.cache };
    const { daraja, cacheState } = client({ initiator });
    await daraja.sendB2c(PAYOUT);
    expect(safaricom.tokenCalls()[0]?.authorization).toBe(`Basic ${btoa('b2ckey:b2csecret')}`);
    expect([own.state.token?.value, cacheState.token]).toEqual(['token-1', null]);
    expect(daraja.hasToken()).toBe(false);
    await daraja.sendB2c(PAYOUT);
    expect(safaricom.tokenCalls()).toHaveLength(1); // the initiator's is kept
    expect(SECRETS.consumerKey).not.toBe('b2ckey');
  });

  it('uses the lease in hand', async () => {
    safaricom.answers.api = [says(200, ACCEPTED)];
    const token = { value: 'leased', expiresAt: new Date('2026-11-21T22:00:00Z') };
    await client().daraja.sendB2c(PAYOUT, { token, claimed: false });
    expect(safaricom.apiCalls()[0]?.authorization).toBe('Bearer leased');
    expect(safaricom.tokenCalls()).toEqual([]);
  });

  it('with half an app of its own is refused when the client is made', () => {
    expect(() => client({ initiator: { ...INITIATOR, consumerKey: 'k', consumerSecret: 's' } })).toThrow('tokenCache');
    expect(() => client({ initiator: { ...INITIATOR, consumerKey: 'k', tokenCache: createMemoryCache().cache } })).toThrow(
      'consumerSecret',
    );
  });
});
