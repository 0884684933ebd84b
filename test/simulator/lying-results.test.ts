import { describe, expect, it } from 'vitest';
import type { PlanOrderInput } from '../../dev/daraja/plan.ts';
import { type Bench, createBench, PERSON } from './bench.ts';
import { B2C_SHORTCODE, parametersOf, postsTo, requestsOf, resultOf } from './requests.ts';

const lastResult = (bench: Bench) => postsTo(bench, '/result').at(-1);
const US = '174379 - Duka la Kahawa';

/** A customer's payment of KES 20; its receipt. */
async function paid(bench: Bench): Promise<string> {
  await bench.control.payBill({ phone: PERSON, amountShillings: 20, account: 'A' });
  return bench.control.truth().transactions.at(-1)?.receipt ?? '';
}

describe('a misdirected text', () => {
  it('is any body at any address that the merchant gave, and the answer’s status is told', async () => {
    await using bench = await createBench();
    const { register, payout, at } = requestsOf(bench);
    await register();
    const { CheckoutRequestID } = (await bench.push()).body;
    const { ConversationID } = (await payout({ ResultURL: at('/broken') })).body;
    const post = async (order: unknown) => (await bench.post('/simulator/misdirect', order)).body;
    expect(await post({ to: { callbackOf: CheckoutRequestID }, body: { any: [1, null] } })).toEqual({ status: 200 });
    expect(await post({ to: { resultOf: ConversationID }, body: 'no JSON' })).toEqual({ status: 500 });
    expect(await post({ to: { timeOutOf: 'payout-1' }, body: {} })).toEqual({ status: 200 });
    expect(await post({ to: { validationOf: 174379 }, body: {} })).toEqual({ status: 200 });
    const form = { body: '\uFEFFTransID=UKL1', contentType: 'application/x-www-form-urlencoded' };
    expect(await post({ to: { confirmationOf: '174379' }, ...form })).toEqual({ status: 200 });
    expect(bench.callbacks.map(({ url, text }) => [url, text])).toEqual([
      ['/callback', '{"any":[1,null]}'],
      ['/broken', 'no JSON'],
      ['/timeout', '{}'],
      ['/validation', '{}'],
      ['/confirmation', '\uFEFFTransID=UKL1'],
    ]);
    expect(bench.callbacks.at(-1)?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(bench.control.truth()).toMatchObject({ receivedCents: '0', sentCents: '0' });
  });

  it.each(['b2c', 'accountbalance', 'transactionstatus', 'reversal'])('is a %s result that was made for another request', async (api) => {
    await using bench = await createBench();
    const { payout, balance, status, reverse, at } = requestsOf(bench);
    const receipt = await paid(bench);
    const ask = {
      b2c: () => payout({ OriginatorConversationID: 'another' }),
      accountbalance: () => balance(),
      transactionstatus: () => status({ TransactionID: receipt }),
      reversal: () => reverse({ TransactionID: receipt, Amount: 20 }),
    }[api];
    const other = (await ask?.())?.body.ConversationID;
    await bench.clock.advance(10_000);
    bench.control.plan({ api: 'b2c', next: 1, delayMs: 600_000 });
    const live = (await payout({ ResultURL: at('/live') })).body.ConversationID;
    expect(await bench.control.misdirect({ to: { resultOf: live }, copy: { resultOf: other } })).toEqual({ status: 200 });
    expect(postsTo(bench, '/live').map((post) => resultOf(post).ConversationID)).toEqual([other]);
    await bench.clock.advance(610_000);
    expect(postsTo(bench, '/live').map((post) => resultOf(post).ConversationID)).toEqual([other, live]);
  });

  it('is a callback or a confirmation too, edited if wanted', async () => {
    await using bench = await createBench();
    await requestsOf(bench).register();
    const receipt = await paid(bench);
    await bench.clock.advance(1_000);
    const { CheckoutRequestID } = (await bench.push()).body;
    await bench.control.answer(CheckoutRequestID, { pin: '1234' });
    await bench.control.misdirect({ to: { callbackOf: CheckoutRequestID }, copy: { confirmationOf: receipt } });
    const edits = [{ find: '350.00', replace: '351.00' }];
    await bench.control.misdirect({ to: { confirmationOf: 174379 }, copy: { callbackOf: CheckoutRequestID }, bodyEdits: edits });
    expect(bench.callbacks.slice(-2).map(({ url, text }) => [url, text.includes(receipt), text.includes('351.00')])).toEqual([
      ['/callback', true, false],
      ['/confirmation', false, true],
    ]);
  });

  it.each([
    [{ to: {}, body: 1 }, 400, 'name one address'],
    [{ to: { resultOf: 'a', callbackOf: 'b' }, body: 1 }, 400, 'name one address'],
    [{ to: { resultOf: 'a' } }, 400, 'give a body, or a copy'],
    [{ to: { resultOf: 'a' }, body: 1 }, 404, 'lists all'],
    [{ to: { callbackOf: 'a' }, body: 1 }, 404, 'lists all'],
    [{ to: { confirmationOf: '174379' }, body: 1 }, 404, 'Register URLs'],
  ])('says what to change: %j', async (order, status, change) => {
    await using bench = await createBench();
    expect(await bench.post('/simulator/misdirect', order)).toMatchObject({ status, body: { change: expect.stringContaining(change) } });
  });
});

describe('a payout’s result', () => {
  it.each(['other-id', 'other-receipt'] as const)('names two receipts, one of them nobody’s: %s', async (receipts) => {
    await using bench = await createBench();
    bench.control.plan({ api: 'b2c', next: 1, receipts });
    await requestsOf(bench).payout();
    await bench.clock.advance(10_000);
    const { TransactionID, ResultCode } = resultOf(lastResult(bench));
    const { TransactionReceipt } = parametersOf(lastResult(bench));
    const real = bench.control.truth().transactions[0]?.receipt;
    expect(ResultCode).toBe(0);
    expect([TransactionID, TransactionReceipt].map((told) => told === real)).toEqual(
      receipts === 'other-id' ? [false, true] : [true, false],
    );
    for (const told of [TransactionID, TransactionReceipt]) expect(told).toMatch(/^UKL[0-9A-Z]{7}$/);
  });

  it('carries only ids of Safaricom’s own where the acknowledgement was lost after acceptance', async () => {
    await using bench = await createBench();
    bench.control.plan({ api: 'b2c', next: 1, responseLost: true, resultOriginatorId: 'gateway' });
    await expect(requestsOf(bench).payout()).rejects.toThrow();
    await bench.clock.advance(10_000);
    const told = resultOf(lastResult(bench));
    expect(told.OriginatorConversationID).toMatch(/^[0-9a-f]{4}-[0-9a-f]{4}-/);
    expect(JSON.stringify(told)).not.toContain('payout-1');
    expect(parametersOf(lastResult(bench)).ReceiverPartyPublicName).toContain(PERSON);
    expect(bench.control.truth().sentCents).toBe('50000');
    await requestsOf(bench).payout({ OriginatorConversationID: 'payout-2' });
    await bench.clock.advance(10_000);
    expect(resultOf(lastResult(bench)).OriginatorConversationID).toBe('payout-2');
  });
});

describe('a status answer', () => {
  const lie = (plan: object) => ({ api: 'transactionstatus', next: 1, ...plan }) as PlanOrderInput;

  it.each([
    ['absent', undefined],
    ['phone', PERSON],
    ['masked-phone', '2547 ***** 678'],
    ['name', 'Amina Wafula'],
    ['nine-digits', '712345678'],
    ['agent', 'Agent 600999'],
    ['ourselves', US],
    [{ text: '' }, ''],
    ['true', US],
  ])('names the credit party as planned: %j', async (creditParty, named) => {
    await using bench = await createBench();
    const receipt = await paid(bench);
    bench.control.plan(lie({ creditParty }));
    await requestsOf(bench).status({ TransactionID: receipt });
    await bench.clock.advance(10_000);
    const told = parametersOf(lastResult(bench));
    expect(told).toMatchObject({ DebitPartyName: '254712345678 - Amina Kipchumba Wafula', TransactionStatus: 'Completed', Amount: 20 });
    expect(told.CreditPartyName).toBe(named);
    expect(Object.hasOwn(told, 'CreditPartyName')).toBe(named !== undefined);
  });

  it('names ourselves as both parties, of a payout too', async () => {
    await using bench = await createBench();
    const { payout, status } = requestsOf(bench);
    await payout();
    await bench.clock.advance(10_000);
    bench.control.plan(lie({ creditParty: 'ourselves', debitParty: 'ourselves' }));
    await status({ TransactionID: bench.control.truth().transactions[0]?.receipt, PartyA: B2C_SHORTCODE });
    await bench.clock.advance(10_000);
    const ours = `${B2C_SHORTCODE} - Duka la Kahawa`;
    expect(parametersOf(lastResult(bench))).toMatchObject({ DebitPartyName: ours, CreditPartyName: ours });
  });

  it.each([
    ['SFC_IC0003', 'The operator does not exist.'],
    [2032, 'The transaction receipt number does not exist.'],
    ['R000002', 'The OriginalTransactionID is invalid.'],
  ])('says %s of an unknown receipt where so switched', async (unknownReceiptCode, ResultDesc) => {
    await using bench = await createBench({ switches: { unknownReceiptCode } });
    await requestsOf(bench).status({ TransactionID: 'UKL1234567' });
    await bench.clock.advance(10_000);
    expect(resultOf(lastResult(bench))).toMatchObject({ ResultCode: unknownReceiptCode, ResultDesc, TransactionID: 'UKL0000000' });
    expect(resultOf(lastResult(bench)).ResultParameters).toBeUndefined();
  });

  it('knows every movement, and names who paid whom as recorded', async () => {
    await using bench = await createBench({ tillNumber: 5551234 });
    const { payout, reverse, status } = requestsOf(bench);
    const person = '254712345678 - Amina Kipchumba Wafula';
    const receipt = await paid(bench);
    const { CheckoutRequestID } = (await bench.push()).body;
    await bench.control.answer(CheckoutRequestID, { pin: '1234' });
    await bench.control.payBill({ phone: PERSON, amountShillings: 30, shortcode: 5551234 });
    await bench.control.payFromOrganisation({ amountShillings: 980.5, account: 'INV-9' });
    await payout();
    await reverse({ TransactionID: receipt, Amount: 20 });
    await bench.clock.advance(10_000);
    const told: unknown[] = [];
    for (const moved of bench.control.truth().transactions) {
      await status({ TransactionID: moved.receipt });
      await bench.clock.advance(10_000);
      const answer = parametersOf(lastResult(bench));
      expect(answer).toMatchObject({ ReceiptNo: moved.receipt, Amount: moved.amountShillings, TransactionStatus: 'Completed' });
      told.push([answer.DebitPartyName, answer.CreditPartyName, answer.ReasonType, answer.DebitAccountType]);
    }
    const us = '600996 - Duka la Kahawa';
    expect(told).toEqual([
      [person, US, 'Pay Bill Online', 'MMF Account For Customer'],
      [person, US, 'Pay Bill Online', 'MMF Account For Customer'],
      [person, US, 'Customer Merchant Payment', 'MMF Account For Customer'],
      ['600977 - MFANO SUPPLIES LIMITED', US, 'Organization To Organization Transfer', 'Utility Account'],
      [us, person, 'Business Payment to Customer via API', 'Utility Account'],
      [US, person, 'Organization Reversal via API', 'Utility Account'],
    ]);
    bench.control.switch({ statusPhone: 'masked' });
    await status({ TransactionID: receipt });
    await bench.clock.advance(10_000);
    expect(parametersOf(lastResult(bench)).DebitPartyName).toBe('2547 ***** 678 - Amina Kipchumba Wafula');
  });

  it('of a reversal that moved nothing names the customer', async () => {
    await using bench = await createBench();
    const receipt = await paid(bench);
    const { reverse, status } = requestsOf(bench);
    bench.control.plan({ api: 'reversal', next: 1, outcome: 'status-forbids' });
    const { OriginatorConversationID } = (await reverse({ TransactionID: receipt, Amount: 20 })).body;
    await bench.clock.advance(10_000);
    await status({ OriginalConversationID: OriginatorConversationID });
    await bench.clock.advance(10_000);
    expect(parametersOf(lastResult(bench))).toMatchObject({
      DebitPartyName: US,
      CreditPartyName: '254712345678 - Amina Kipchumba Wafula',
      TransactionStatus: 'Declined',
    });
  });
});
