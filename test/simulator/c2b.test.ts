import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contentOf, createBench, PERSON } from './bench.ts';
import { postsTo, requestsOf } from './requests.ts';

const recorded = (name: string) => JSON.parse(readFileSync(`test/callbacks/c2b/c2b-${name}.json`, 'utf8'));
const noticeOf = (text: string | undefined) => JSON.parse(text ?? '{}');
const payment = { phone: PERSON, amountShillings: 120, account: 'INV-7' };

describe('registering URLs', () => {
  it.each([
    ['v1', 'success'],
    ['v2', 'Success'],
  ])('%s answers with the misspelt id', async (version, ResponseDescription) => {
    await using bench = await createBench();
    expect(await requestsOf(bench).register({}, version)).toMatchObject({
      status: 200,
      body: { OriginatorCoversationID: expect.any(String), ResponseCode: '0', ResponseDescription },
    });
  });

  it.each([
    ['ResponseType', 'completed'],
    ['ResponseType', 'CANCELLED'],
    ['ConfirmationURL', 'https://shop.example/api/mpesa/c2b'],
    ['ConfirmationURL', 'https://shop.example/M-PESA'],
    ['ConfirmationURL', 'https://safaricom.shop.example/c2b'],
    ['ConfirmationURL', 'https://shop.example/execute'],
    ['ValidationURL', 'https://shop.example/?page=query'],
    ['ValidationURL', 'https://shop.example/MySQL'],
    ['ValidationURL', 'https://shop.example/cmd'],
    ['ValidationURL', 'http://shop.example/c2b'],
    ['ShortCode', '999999'],
  ])('refuses %s %s', async (field, value) => {
    await using bench = await createBench();
    expect(await requestsOf(bench).register({ [field]: value })).toMatchObject({
      status: 400,
      body: { errorCode: '400.002.02', errorMessage: `Bad Request - Invalid ${field}` },
    });
  });

  it('overwrites in the sandbox, and is done once in production until the portal deletes it', async () => {
    await using bench = await createBench();
    const { register, simulate } = requestsOf(bench);
    expect([(await register()).status, (await register()).status]).toEqual([200, 200]);
    bench.control.switch({ c2bMode: 'production' });
    expect(await register()).toMatchObject({
      status: 500,
      body: { errorCode: '500.003.1001', errorMessage: 'Urls are already registered.' },
    });
    bench.control.deleteUrls('174379');
    expect((await register()).status).toBe(200);
    expect((await simulate()).status).toBe(404);
  });
});

describe('a customer’s own payment', () => {
  it('is validated, moves money, and is confirmed under the same id, every value a text', async () => {
    await using bench = await createBench();
    await requestsOf(bench).register();
    const paid = await bench.control.payBill(payment);
    expect(paid).toEqual({ outcome: 'paid', receipt: expect.stringMatching(/^UKL[0-9A-Z]{7}$/) });
    expect(bench.callbacks.map(({ url }) => url)).toEqual(['/validation']);
    await bench.clock.advance(1_000);
    const [validation, confirmation] = bench.callbacks.map(({ text }) => noticeOf(text));
    const { receipt } = bench.control.truth().transactions[0] ?? {};
    expect(validation).toEqual({
      TransactionType: 'Pay Bill',
      TransID: receipt,
      TransTime: '20261121151530',
      TransAmount: '120.00',
      BusinessShortCode: '174379',
      BillRefNumber: 'INV-7',
      InvoiceNumber: '',
      OrgAccountBalance: '',
      ThirdPartyTransID: '',
      MSISDN: '2547 ***** 678',
      FirstName: 'Amina',
    });
    expect(confirmation).toEqual({ ...validation, OrgAccountBalance: '120.00' });
    expect(Object.keys(confirmation)).toEqual(Object.keys(recorded('confirmation-2023-production-masked')));
    expect(bench.control.truth()).toMatchObject({
      receivedCents: '12000',
      transactions: [{ kind: 'c2b', phone: PERSON, amountShillings: 120, accountReference: 'INV-7', checkoutRequestId: null }],
      accounts: { '174379': { utilityShillings: 120 } },
    });
    expect(bench.control.handset(PERSON)).toMatchObject({
      balanceShillings: 99_880,
      messages: [{ text: expect.stringContaining('sent to Duka la Kahawa for account INV-7') }],
    });
  });

  it.each([
    ['v1', {}, createHash('sha256').update(PERSON).digest('hex')],
    ['v2', {}, '2547 ***** 678'],
    ['v1', { c2bPhone: 'masked' }, '2547 ***** 678'],
    ['v2', { c2bPhone: 'plain' }, PERSON],
  ] as const)('names the phone as registered or switched: %s %j', async (version, switches, MSISDN) => {
    await using bench = await createBench({ switches });
    await requestsOf(bench).register({}, version);
    await bench.control.payBill(payment);
    expect(noticeOf(bench.callbacks[0]?.text).MSISDN).toBe(MSISDN);
  });

  it.each([
    ['all', 'sandbox-2020-empty-transaction-type'],
    ['first', 'validation-2023-sandbox-masked'],
    ['none', null],
  ] as const)('carries names as switched: %s', async (c2bNames, name) => {
    await using bench = await createBench({ switches: { c2bNames } });
    await requestsOf(bench).register();
    await bench.control.payBill(payment);
    const keys = Object.keys(noticeOf(bench.callbacks[0]?.text));
    if (name) expect(keys).toEqual(Object.keys(recorded(name)));
    else expect(keys).not.toContain('FirstName');
  });

  it.each(['C2B00011', 'C2B00012', 'C2B00013', 'C2B00014', 'C2B00015', 'C2B00016'])(
    'moves no money when the business refuses it with %s, and tells the customer',
    async (code) => {
      await using bench = await createBench();
      await requestsOf(bench).register();
      bench.answerAt('/validation', JSON.stringify({ ResultCode: code, ResultDesc: 'Rejected' }));
      expect(await bench.control.payBill(payment)).toEqual({ outcome: 'rejected', code });
      await bench.clock.advance(60_000);
      expect(postsTo(bench, '/confirmation')).toEqual([]);
      expect(bench.control.truth()).toMatchObject({ receivedCents: '0', transactions: [] });
      expect(bench.control.handset(PERSON)).toMatchObject({
        balanceShillings: 100_000,
        messages: [{ text: expect.stringContaining('was not accepted') }],
      });
    },
  );

  it.each(['{"ResultCode":"0","ThirdPartyTransID":"mine-1"}', '{"ResultCode":0,"ThirdPartyTransID":"mine-1"}'])(
    'is accepted with %s, and passes the business’s own id on',
    async (text) => {
      await using bench = await createBench();
      await requestsOf(bench).register({ ResponseType: 'Cancelled' });
      bench.answerAt('/validation', text);
      expect((await bench.control.payBill(payment)).outcome).toBe('paid');
      await bench.clock.advance(1_000);
      expect(noticeOf(postsTo(bench, '/confirmation')[0]?.text).ThirdPartyTransID).toBe('mine-1');
    },
  );

  it.each([
    ['Completed', 'paid'],
    ['Cancelled', 'rejected'],
  ] as const)(
    'goes by the ResponseType %s when the validation is not understood, fails or cannot be reached',
    async (ResponseType, outcome) => {
      await using bench = await createBench();
      const { register } = requestsOf(bench);
      for (const [text, status] of [
        ['yes', 200],
        ['{}', 200],
        ['{"ResultCode":"0"}', 500],
      ] as const) {
        await register({ ResponseType });
        bench.answerAt('/validation', text, status);
        expect((await bench.control.payBill(payment)).outcome).toBe(outcome);
      }
      await register({ ResponseType, ValidationURL: 'http://127.0.0.1:9/gone' });
      expect((await bench.control.payBill(payment)).outcome).toBe(outcome);
    },
  );

  it.each([
    ['Completed', 'paid'],
    ['Cancelled', 'rejected'],
  ] as const)('waits eight seconds for the validation, then goes by the ResponseType %s', async (ResponseType, outcome) => {
    await using bench = await createBench();
    await requestsOf(bench).register({ ResponseType });
    bench.answerAt('/validation', new Promise<string>(() => undefined));
    let ended: string | undefined;
    const paying = bench.control.payBill(payment).then((paid) => {
      ended = paid.outcome;
    });
    await expect.poll(() => bench.callbacks.length).toBe(1);
    await bench.clock.advance(7_999);
    // Real time for a connection that was cut too early to be noticed.
    await new Promise((resume) => setTimeout(resume, 50));
    expect(ended).toBeUndefined();
    await bench.clock.advance(1);
    await paying;
    expect(ended).toBe(outcome);
  });

  it('is not validated where that is not switched on, and goes through without any registration', async () => {
    await using bench = await createBench({ switches: { c2bValidation: false } });
    expect((await bench.control.payBill(payment)).outcome).toBe('paid');
    await requestsOf(bench).register();
    expect((await bench.control.payBill(payment)).outcome).toBe('paid');
    await bench.clock.advance(10_000);
    expect(bench.callbacks.map(({ url }) => url)).toEqual(['/confirmation']);
  });

  it('needs money in the wallet, a right PIN and a merchant’s number', async () => {
    await using bench = await createBench();
    await requestsOf(bench).register();
    expect(await bench.control.payBill({ ...payment, pin: '0000' })).toEqual({ outcome: 'wrong-pin' });
    expect(await bench.control.payBill({ ...payment, phone: '254711111111' })).toEqual({ outcome: 'insufficient-funds' });
    bench.control.setBalance(PERSON, 119);
    expect(await bench.control.payBill(payment)).toEqual({ outcome: 'insufficient-funds' });
    await expect(bench.control.payBill({ ...payment, shortcode: 999_999 })).rejects.toThrow('No merchant has the number 999999.');
    await expect(bench.control.payBill({ ...payment, amountShillings: 1.5 })).rejects.toThrow('not understood');
    expect(bench.callbacks).toEqual([]);
    expect(bench.control.truth().receivedCents).toBe('0');
    expect(bench.control.handset(PERSON).messages).toHaveLength(2);
  });

  it('is confirmed late, twice, edited or not at all, as planned, and again when asked', async () => {
    await using bench = await createBench({ switches: { c2bValidation: false } });
    await requestsOf(bench).register();
    bench.control.plan({ api: 'c2b', next: 1, lost: true });
    bench.control.plan({
      api: 'c2b',
      next: 1,
      copies: 2,
      spreadMs: 5_000,
      callbackMs: 60_000,
      bodyEdits: [{ find: '120.00', replace: '9.00' }],
    });
    const lost = await bench.control.payBill(payment);
    await bench.control.payBill(payment);
    await bench.clock.advance(59_999);
    expect(bench.callbacks).toEqual([]);
    await bench.clock.advance(5_001);
    expect(bench.callbacks.map(({ text }) => noticeOf(text).TransAmount)).toEqual(['9.00', '9.00']);
    expect(bench.control.truth().receivedCents).toBe('24000');
    if (lost.outcome === 'paid') await bench.control.redeliverConfirmation(lost.receipt);
    expect(noticeOf(bench.callbacks[2]?.text).TransAmount).toBe('120.00');
  });
});

describe('simulating a payment', () => {
  it.each(['v1', 'v2'])('lets a customer pay a moment later (%s)', async (version) => {
    await using bench = await createBench();
    const { register, simulate } = requestsOf(bench);
    await register();
    expect((await simulate({}, version)).body).toEqual({
      OriginatorCoversationID: expect.any(String),
      ResponseCode: '0',
      ResponseDescription: 'Accept the service request successfully.',
    });
    await bench.clock.advance(2_000);
    expect(bench.callbacks.map(({ url }) => url)).toEqual(['/validation', '/confirmation']);
    expect(bench.control.truth()).toMatchObject({ receivedCents: '12000', transactions: [{ kind: 'c2b', accountReference: 'INV-7' }] });
  });

  it('checks its fields', async () => {
    await using bench = await createBench();
    const { simulate } = requestsOf(bench);
    for (const [field, value] of Object.entries({ ShortCode: 'x', CommandID: 'PayBill', Amount: 0, Msisdn: '0712345678' })) {
      expect((await simulate({ [field]: value })).body.errorMessage).toBe(`Bad Request - Invalid ${field}`);
    }
  });
});

describe('an STK payment', () => {
  it('is confirmed as C2B too, under the same receipt, where URLs are registered', async () => {
    await using bench = await createBench();
    await requestsOf(bench).register();
    const { body } = await bench.push();
    await bench.control.answer(body.CheckoutRequestID, { pin: '1234' });
    await bench.clock.advance(1_000);
    expect(bench.callbacks.map(({ url }) => url)).toEqual(['/callback', '/confirmation']);
    const receipt = contentOf(bench.callbacks[0]).CallbackMetadata.Item[1].Value;
    expect(noticeOf(bench.callbacks[1]?.text)).toMatchObject({ TransID: receipt, TransAmount: '350.00', BillRefNumber: 'INV-7' });
    expect(bench.control.truth().receivedCents).toBe('35000');
  });

  it('is not when it failed or when switched off', async () => {
    await using bench = await createBench();
    await requestsOf(bench).register();
    await bench.push({ PhoneNumber: '254711111112' });
    await bench.clock.advance(10_000);
    bench.control.switch({ stkAsC2b: false });
    await bench.push({ PhoneNumber: '254708374149' });
    await bench.clock.advance(10_000);
    expect(bench.callbacks.map(({ url }) => url)).toEqual(['/callback', '/callback']);
  });
});
