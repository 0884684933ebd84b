import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parsePulledTransactions } from '#mpesa/daraja/parse-pull.ts';
import { createClient, errorOf, says, startFakeSafaricom } from './fake-safaricom.ts';
import { ACKNOWLEDGED, INITIATOR, openCredential, URLS } from './initiator.ts';

let safaricom: Awaited<ReturnType<typeof startFakeSafaricom>>;
beforeAll(async () => {
  safaricom = await startFakeSafaricom();
});
afterAll(() => safaricom.stop());
beforeEach(() => safaricom.reset());

type Daraja = ReturnType<typeof createClient>['daraja'];
type Options = Parameters<typeof createClient>[1];
const client = (options: Options = {}) => createClient(safaricom.baseUrl, { initiator: INITIATOR, ...options }).daraja;
const stated = (errorCode: string, errorMessage: string) => ({ requestId: 'r', errorCode, errorMessage });

/** What was sent, its credential opened. */
function sent() {
  const { path, body = {} } = safaricom.apiCalls()[0] ?? {};
  const { SecurityCredential, ...rest }: Record<string, unknown> = body;
  return { path, body: SecurityCredential === undefined ? rest : { ...rest, SecurityCredential: openCredential(SecurityCredential) } };
}

const OURS = { Initiator: 'testapi', SecurityCredential: INITIATOR.password, ResultURL: URLS.resultUrl, QueueTimeOutURL: URLS.timeoutUrl };
const BALANCE = { CommandID: 'AccountBalance', PartyA: '600992', IdentifierType: '4', Remarks: 'Balance' };
const STATUS = { CommandID: 'TransactionStatusQuery', PartyA: '600992', IdentifierType: '4', Remarks: 'Status' };
const REVERSAL = { receipt: 'SKC82PACB8', amountShillings: 350, remarks: 'Order cancelled', ...URLS };

describe('a request whose result comes later', () => {
  const calls: [string, string, (daraja: Daraja) => Promise<unknown>, object][] = [
    [
      'a status by receipt',
      '/mpesa/transactionstatus/v1/query',
      (daraja) => daraja.askTransactionStatus({ receipt: 'SKC82PACB8', ...URLS }),
      { ...OURS, ...STATUS, TransactionID: 'SKC82PACB8' },
    ],
    [
      'a status by the id of its request',
      '/mpesa/transactionstatus/v1/query',
      (daraja) => daraja.askTransactionStatus({ originatorConversationId: 'our-id-1', shortcode: '174379', occasion: 'Check', ...URLS }),
      { ...OURS, ...STATUS, PartyA: '174379', OriginalConversationID: 'our-id-1', Occasion: 'Check' },
    ],
    ['the balances', '/mpesa/accountbalance/v1/query', (daraja) => daraja.askAccountBalance(URLS), { ...OURS, ...BALANCE }],
    [
      'a reversal, misspelling included',
      '/mpesa/reversal/v1/request',
      (daraja) => daraja.reverseTransaction(REVERSAL),
      {
        ...OURS,
        CommandID: 'TransactionReversal',
        TransactionID: 'SKC82PACB8',
        Amount: 350,
        ReceiverParty: '174379',
        RecieverIdentifierType: '11',
        Remarks: 'Order cancelled',
      },
    ],
  ];

  it.each(calls)('%s sends what Safaricom asks and gives both ids', async (_, path, call, body) => {
    safaricom.answers.api = [says(200, ACKNOWLEDGED)];
    expect(await call(client())).toEqual({
      conversationId: ACKNOWLEDGED.ConversationID,
      originatorConversationId: ACKNOWLEDGED.OriginatorConversationID,
    });
    expect(sent()).toEqual({ path, body });
  });

  it.each(calls)('%s needs an initiator', async (_, __, call) => {
    expect(await errorOf(call(createClient(safaricom.baseUrl).daraja))).toMatchObject({ kind: 'refused', reason: 'not_configured' });
    expect([...safaricom.apiCalls(), ...safaricom.tokenCalls()]).toEqual([]);
  });

  it.each(calls)('%s is sent once and unclear after silence or half an answer', async (_, __, call) => {
    safaricom.answers.api = [() => undefined];
    expect(await errorOf(call(client()))).toMatchObject({ kind: 'unclear', reason: 'timed_out' });
    safaricom.answers.api = [says(200, { ...ACKNOWLEDGED, OriginatorConversationID: undefined })];
    expect(await errorOf(call(client()))).toMatchObject({ kind: 'unclear', reason: 'unreadable_answer' });
    expect(safaricom.apiCalls()).toHaveLength(2);
  });

  it.each<[string, (daraja: Daraja) => Promise<unknown>, string]>([
    ['a receipt that is none', (daraja) => daraja.askTransactionStatus({ receipt: 'x y', ...URLS }), 'bad_request'],
    ['an id that is none', (daraja) => daraja.askTransactionStatus({ originatorConversationId: '', ...URLS }), 'bad_request'],
    ['a reversal of nothing', (daraja) => daraja.reverseTransaction({ ...REVERSAL, amountShillings: 0 }), 'invalid_amount'],
    ['a reversal of a part of a shilling', (daraja) => daraja.reverseTransaction({ ...REVERSAL, amountShillings: 1.5 }), 'invalid_amount'],
    ['no address', (daraja) => daraja.askAccountBalance({ ...URLS, resultUrl: 'x' }), 'invalid_callback_url'],
  ])('with %s is refused before anything is sent', async (_, call, reason) => {
    expect(await errorOf(call(client()))).toMatchObject({ kind: 'refused', reason });
    expect(safaricom.apiCalls()).toEqual([]);
  });
});

describe('the addresses of paybill payments', () => {
  const ADDRESSES = {
    responseType: 'Completed' as const,
    confirmationUrl: 'https://pay.example/api/c2b/confirmation/abc',
    validationUrl: 'https://pay.example/api/c2b/validation/abc',
  };
  const register = (change: object = {}, options: Options = {}) =>
    client(options).registerC2bUrls({ version: 'v2', ...ADDRESSES, ...change });

  it.each(['v1', 'v2'])('are registered by %s without an initiator', async (version) => {
    safaricom.answers.api = [says(200, { OriginatorCoversationID: '7619-37765134-1', ResponseCode: '0', ResponseDescription: 'success' })];
    await register({ version });
    expect(sent()).toEqual({
      path: `/mpesa/c2b/${version}/registerurl`,
      body: {
        ShortCode: '174379',
        ResponseType: 'Completed',
        ConfirmationURL: ADDRESSES.confirmationUrl,
        ValidationURL: ADDRESSES.validationUrl,
      },
    });
  });

  it.each(['mpesa', 'M-PESA', 'Safaricom', 'execute', 'cmd', 'mysql', 'query'])(
    'are refused before sending with %s in one',
    async (word) => {
      const confirmationUrl = `https://pay.example/api/${word}/confirmation`;
      expect(await errorOf(register({ confirmationUrl }))).toMatchObject({ kind: 'refused', reason: 'invalid_callback_url' });
      expect(safaricom.apiCalls()).toEqual([]);
    },
  );

  it.each<[string, number, object, string]>([
    ['registered before', 500, stated('500.003.1001', 'Urls are already registered.'), 'refused already_registered'],
    ['known to an older system', 500, stated('500.003.1001', 'Duplicate notification info, SP ID is x'), 'refused already_registered'],
    ['taken for wrong', 400, stated('400.002.02', 'Bad Request - Invalid ConfirmationURL'), 'refused invalid_callback_url'],
    ['met by an internal error', 500, stated('500.003.1001', 'Internal Server Error'), 'unclear server_error'],
    ['not accepted', 200, { ResponseCode: '1' }, 'unclear unreadable_answer'],
  ])('that are %s', async (_, status, body, verdict) => {
    safaricom.answers.api = [says(status, body)];
    const error = await errorOf(register());
    expect(`${error.kind} ${error.reason}`).toBe(verdict);
  });

  it('are refused with a response type that is neither', async () => {
    expect(await errorOf(register({ responseType: 'completed' }))).toMatchObject({ kind: 'refused', reason: 'bad_request' });
  });
});

describe('a pull', () => {
  const DOCUMENTED = JSON.parse(readFileSync('test/callbacks/pull/documented/pull-query-1000-documented.json', 'utf8'));
  const pull = () => client().queryPull({ from: new Date('2026-11-19T21:00:00Z'), to: new Date('2026-11-21T20:59:59Z'), offset: 100 });
  const [ROW] = DOCUMENTED.Response[0];

  it.each([
    ['1000', 'registered'],
    [1001, 'already registered'],
  ])('is registered, status %o: %s', async (ResponseStatus, outcome) => {
    safaricom.answers.api = [says(200, { ResponseRefID: 'x', ResponseStatus, ShortCode: '174379' })];
    expect(await client().registerPull({ phone: '254700000001', callbackUrl: 'https://pay.example/api/pull' })).toBe(outcome);
    expect(sent()).toEqual({
      path: '/pulltransactions/v1/register',
      body: { ShortCode: '174379', RequestType: 'Pull', NominatedNumber: '254700000001', CallBackURL: 'https://pay.example/api/pull' },
    });
  });

  it('asks between two moments of Nairobi and reads the documented page', async () => {
    safaricom.answers.api = [says(200, DOCUMENTED)];
    expect(await pull()).toEqual({
      transactions: [
        {
          transactionId: 'yzlyrEsRG1',
          amountCents: 16_800n,
          kind: 'paybill',
          reference: '37207636392',
          phone: { full: '254700000001' },
          sender: 'UAT2',
          times: [new Date('2020-08-05T07:13:00Z'), new Date('2020-08-05T10:13:00Z')],
        },
      ],
      rowCount: 1,
      unreadable: [],
    });
    expect(sent()).toEqual({
      path: '/pulltransactions/v1/query',
      body: { ShortCode: '174379', StartDate: '2026-11-20 00:00:00', EndDate: '2026-11-21 23:59:59', OffSetValue: '100' },
    });
  });

  it('of nothing is an empty page', async () => {
    for (const answer of [{ ResponseCode: '1001', Response: [[]] }, { ResponseCode: 1001 }, { ResponseCode: '1000', Response: [[]] }]) {
      safaricom.answers.api = [says(200, answer)];
      expect(await pull()).toEqual({ transactions: [], rowCount: 0, unreadable: [] });
    }
  });

  it.each([
    ['without its list', says(200, { ResponseCode: '1000' }), 'unclear unreadable_answer'],
    ['with another code', says(200, { ResponseCode: '7', Response: [[]] }), 'unclear unreadable_answer'],
    ['with a wrong short code', says(400, stated('400.001', 'Invalid ShortCode')), 'refused bad_request'],
  ])('%s throws', async (_, answer, verdict) => {
    safaricom.answers.api = [answer];
    const error = await errorOf(pull());
    expect(`${error.kind} ${error.reason}`).toBe(verdict);
  });

  it('flattens pages, keeps each id once and names what it cannot read, where it can', () => {
    const wrong = [
      { ...ROW, amount: '169.00' },
      { ...ROW, amount: '1e2' },
      { ...ROW, transactionId: '' },
      { ...ROW, amount: null },
      'row',
      null,
    ];
    const page = parsePulledTransactions([
      [ROW, ROW],
      [{ ...ROW, transactionId: 'SKC82PACB8', msisdn: 7 }],
      { ...ROW, transactionId: 'SKC82PACB9' },
      ...wrong,
    ]);
    expect(page.transactions.map(({ transactionId }) => transactionId)).toEqual(['yzlyrEsRG1', 'SKC82PACB8', 'SKC82PACB9']);
    const [id, nameless] = [{ transactionId: 'yzlyrEsRG1' }, {}];
    expect([page.rowCount, page.unreadable]).toEqual([10, [id, id, nameless, id, nameless, nameless]]);
    expect(page.transactions[0]?.amountCents).toBe(16_800n);
  });
});
