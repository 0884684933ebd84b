import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createBench, PERSON } from './bench.ts';
import { B2C_SHORTCODE, credential, parametersOf, postsTo, requestsOf, resultOf } from './requests.ts';

const recorded = (name: string) => readFileSync(`test/callbacks/b2c/b2c-result-${name}.json`, 'utf8').trim();
/** The text with everything that differs from payout to payout made equal. */
const shapeOf = (text: string | undefined) =>
  text
    ?.replace(/("OriginatorConversationID":)"[^"]*"/, '$1"O"')
    .replace(/("ConversationID":)"AG_\d{8}_[0-9a-z]{20}"/, '$1"C"')
    .replace(/("TransactionID":)"[A-Z]{2}[0-9A-Z]0000000"/, '$1"PLACEHOLDER"')
    .replace(/("TransactionID":)"[0-9A-Z]{10}"/, '$1"R"')
    .replace(/("TransactionReceipt","Value":)"[0-9A-Z]{10}"/, '$1"R"')
    .replace(/("ReceiverPartyPublicName","Value":)"2547\d{8} - [A-Za-z. ]+"/, '$1"N"')
    .replace(/("TransactionCompletedDateTime","Value":)"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d"/, '$1"T"')
    .replace(/(AvailableFunds","Value":)-?\d+\.\d\d/g, '$10.00')
    .replace(/("TransactionAmount","Value":)\d+/, '$110');

describe('a payout', () => {
  it('is acknowledged at once, moves money later and then tells the result, as recorded character by character', async () => {
    await using bench = await createBench();
    const { payout } = requestsOf(bench);
    const { status, body } = await payout();
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        ConversationID: expect.stringMatching(/^AG_20261121_[0-9a-z]{20}$/),
        OriginatorConversationID: 'payout-1',
        ResponseCode: '0',
        ResponseDescription: 'Accept the service request successfully.',
      },
    });
    expect(bench.control.truth()).toMatchObject({ sentCents: '0', payoutsAccepted: 1 });
    await bench.clock.advance(2_000);
    expect(bench.control.truth()).toMatchObject({
      sentCents: '50000',
      receivedCents: '0',
      transactions: [{ kind: 'b2c', phone: PERSON, amountShillings: 500, shortcode: B2C_SHORTCODE, originatorConversationId: 'payout-1' }],
      accounts: { [B2C_SHORTCODE]: { utilityShillings: 999_500 } },
    });
    expect(bench.callbacks).toEqual([]);
    await bench.clock.advance(1_000);
    const [result] = postsTo(bench, '/result');
    expect(shapeOf(result?.text)).toBe(shapeOf(recorded('0-success-2023')));
    expect(resultOf(result)).toMatchObject({
      ResultType: 0,
      ResultCode: 0,
      ConversationID: body.ConversationID,
      OriginatorConversationID: 'payout-1',
      TransactionID: bench.control.truth().transactions[0]?.receipt,
    });
    expect(parametersOf(result)).toEqual({
      ReceiverPartyPublicName: '254712345678 - Amina Kipchumba Wafula',
      TransactionCompletedDateTime: '21.11.2026 15:15:32',
      B2CUtilityAccountAvailableFunds: 999_500,
      B2CWorkingAccountAvailableFunds: 0,
      B2CRecipientIsRegisteredCustomer: 'Y',
      B2CChargesPaidAccountAvailableFunds: 0,
      TransactionAmount: 500,
      TransactionReceipt: bench.control.truth().transactions[0]?.receipt,
    });
    expect(bench.control.handset(PERSON)).toMatchObject({
      balanceShillings: 100_500,
      messages: [{ text: expect.stringContaining('You have received Ksh500.00 from Duka la Kahawa') }],
    });
  });

  it('is paid once per OriginatorConversationID in version 3, whatever became of the first', async () => {
    await using bench = await createBench();
    const { payout } = requestsOf(bench);
    bench.control.fault({ api: 'b2c', fault: 'server-error', accepted: true });
    bench.control.fault({ api: 'b2c', fault: 'server-error' });
    expect((await payout()).status).toBe(500);
    expect((await payout({ OriginatorConversationID: 'payout-2' })).status).toBe(500);
    expect(await payout()).toMatchObject({
      status: 500,
      body: { errorCode: '500.002.1001', errorMessage: 'Duplicate OriginatorConversationID.' },
    });
    expect((await payout({ OriginatorConversationID: 'payout-2' })).status).toBe(200);
    await bench.clock.advance(10_000);
    expect(await payout({ Amount: 900 })).toMatchObject({ body: { errorMessage: 'Duplicate OriginatorConversationID.' } });
    expect(bench.control.truth().sentCents).toBe('100000');
  });

  it('is paid each time in version 1, under ids of the gateway', async () => {
    await using bench = await createBench();
    const { payout } = requestsOf(bench);
    const first = (await payout({}, 'v1')).body;
    const second = (await payout({}, 'v1')).body;
    expect(first.OriginatorConversationID).toMatch(/^[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\d{6}$/);
    expect(second.OriginatorConversationID).not.toBe(first.OriginatorConversationID);
    await bench.clock.advance(10_000);
    expect(bench.control.truth().sentCents).toBe('100000');
  });

  it.each([
    ['OriginatorConversationID', ''],
    ['InitiatorName', ''],
    ['SecurityCredential', ''],
    ['CommandID', 'BusinessPayBill'],
    ['Amount', 10.5],
    ['Amount', '0'],
    ['PartyA', 'shop'],
    ['PartyB', '0712345678'],
    ['Remarks', 'x'],
    ['QueueTimeOutURL', 'http://shop.example/timeout'],
    ['ResultURL', ''],
  ])('is refused by the name of its first wrong field: %s = %j', async (field, value) => {
    await using bench = await createBench();
    expect(await requestsOf(bench).payout({ [field]: value, Occassion: 'x'.repeat(101) })).toMatchObject({
      status: 400,
      body: { errorCode: '400.002.02', errorMessage: `Bad Request - Invalid ${field}` },
    });
    expect(bench.control.truth().payoutsAccepted).toBe(0);
  });

  it.each([
    [{ Amount: 9 }, 2],
    [{ Amount: 250_001 }, 3],
    [{ Amount: 250_000, PartyB: '254722000001' }, 0],
    [{ PartyB: '254711111126' }, 2040],
    [{ PartyB: '254711111120' }, 'SFC_IC0003'],
    [{ PartyA: '600000' }, 2001],
    [{ InitiatorName: 'somebody' }, 2001],
    [{ SecurityCredential: 'bm90IGVuY3J5cHRlZA==' }, 2001],
    [{ SecurityCredential: credential('guessed') }, 2001],
  ])('fails in its result, not in the response: %j is %s', async (changes, code) => {
    await using bench = await createBench();
    expect((await requestsOf(bench).payout(changes)).status).toBe(200);
    await bench.clock.advance(10_000);
    expect(resultOf(bench.callbacks[0]).ResultCode).toBe(code);
    expect(bench.control.truth().sentCents).toBe(code === 0 ? '25000000' : '0');
  });

  it('keeps to the float, the recipient’s day and the size of their wallet', async () => {
    await using bench = await createBench({ b2cFloatShillings: 700_000 });
    const { payout } = requestsOf(bench);
    let number = 0;
    const pay = async (Amount: number, PartyB = PERSON) => {
      number += 1;
      await payout({ Amount, PartyB, OriginatorConversationID: `payout-${number}` });
      await bench.clock.advance(10_000);
      return resultOf(bench.callbacks.at(-1)).ResultCode;
    };
    bench.control.setBalance(PERSON, 0);
    expect(await pay(250_000)).toBe(0);
    bench.control.setBalance(PERSON, 0);
    expect(await pay(250_000)).toBe(0);
    bench.control.setBalance(PERSON, 0);
    expect(await pay(10)).toBe(4);
    bench.control.setBalance('254722000001', 499_991);
    expect(await pay(10, '254722000001')).toBe(8);
    expect(await pay(200_001, '254722000002')).toBe(1);
    expect(await pay(200_000, '254722000002')).toBe(0);
    expect(shapeOf(bench.callbacks.at(-2)?.text)).toBe(shapeOf(recorded('1-insufficient-2023')));
    bench.control.setFloat({ shortcode: B2C_SHORTCODE, utilityShillings: 10 });
    expect(await pay(10, '254722000003')).toBe(0);
  });

  it.each([
    ['placeholder', '2001-initiator-invalid-2023-placeholder-id'],
    ['receipt', '2001-initiator-invalid-2023-real-id'],
  ] as const)('fails with a %s as TransactionID, as recorded', async (failedTransactionId, name) => {
    await using bench = await createBench({ switches: { failedTransactionId } });
    await requestsOf(bench).payout({ SecurityCredential: credential('guessed') });
    await bench.clock.advance(10_000);
    expect(shapeOf(bench.callbacks[0]?.text)).toBe(shapeOf(recorded(name)));
  });

  it('locks the initiator after three wrong passwords in a row, also against the right one', async () => {
    await using bench = await createBench();
    const { payout } = requestsOf(bench);
    let number = 0;
    const codeWith = async (password: string) => {
      number += 1;
      await payout({ SecurityCredential: credential(password), OriginatorConversationID: `payout-${number}` });
      await bench.clock.advance(10_000);
      return resultOf(bench.callbacks.at(-1)).ResultCode;
    };
    const right = 'Simulator2026!';
    const codes = [];
    for (const password of ['a', 'b', right, 'a', 'b', 'c', right]) codes.push(await codeWith(password));
    expect(codes).toEqual([2001, 2001, 0, 2001, 2001, 2001, 8006]);
    bench.control.unlockInitiator();
    expect(await codeWith(right)).toBe(0);
  });

  it('needs the paying app’s token where that has keys of its own', async () => {
    await using bench = await createBench({ b2cConsumerKey: 'pay-key', b2cConsumerSecret: 'pay-secret' });
    const { payout, payoutFields } = requestsOf(bench);
    expect((await payout()).body.errorMessage).toBe('Invalid Access Token');
    const token = (await bench.askToken(bench.basic('pay-key', 'pay-secret'))).body.access_token;
    const paying = { Authorization: `Bearer ${token}` };
    expect((await bench.post('/mpesa/b2c/v3/paymentrequest', payoutFields(), paying)).status).toBe(200);
    expect((await bench.post('/mpesa/stkpush/v1/processrequest', bench.pushFields(), paying)).body.errorMessage).toBe(
      'Invalid Access Token',
    );
    // One app's new token does not cancel the other's.
    expect((await bench.push()).status).toBe(200);
  });

  it('never reads the password into anything that is kept', async () => {
    await using bench = await createBench();
    await requestsOf(bench).payout();
    expect(JSON.stringify(bench.control.requests())).not.toContain('SecurityCredential');
  });
});

describe('the plan of a payout', () => {
  /** What each phone is posted, in order, and whether money moved. */
  const expected: Record<string, { posted: (number | string)[]; moved: boolean }> = {
    '254711111113': { posted: ['time-out'], moved: false },
    '254711111117': { posted: ['time-out', 0], moved: true },
    '254711111118': { posted: [0, 0, 0], moved: true },
    '254711111119': { posted: [], moved: true },
    '254711111120': { posted: ['SFC_IC0003'], moved: false },
    '254711111121': { posted: [0], moved: true },
    '254711111122': { posted: [0], moved: true },
    '254711111123': { posted: ['time-out'], moved: true },
    '254711111126': { posted: [2040], moved: false },
    [PERSON]: { posted: [0], moved: true },
  };
  it.each(Object.keys(expected))('of %s ends as the list of phones says', async (PartyB) => {
    await using bench = await createBench();
    const answered = await requestsOf(bench)
      .payout({ PartyB })
      .then(() => bench.callbacks.length)
      .catch(() => 'broken');
    expect(answered).toBe(PartyB === '254711111122' ? 'broken' : PartyB === '254711111121' ? 1 : 0);
    await bench.clock.advance(300_000);
    const posted = bench.callbacks.map((callback) => (callback.url === '/timeout' ? 'time-out' : resultOf(callback).ResultCode));
    expect({ posted, moved: bench.control.truth().sentCents === '50000' }).toEqual(expected[PartyB]);
  });

  it('says when money moves after a queue time-out, and when the result comes', async () => {
    await using bench = await createBench();
    bench.control.plan({ api: 'b2c', next: 1, timedOut: true, delayMs: 5_000, lateMs: 60_000, callbackMs: 3_000 });
    await requestsOf(bench).payout();
    await bench.clock.advance(5_000);
    expect(postsTo(bench, '/timeout')).toHaveLength(1);
    await bench.clock.advance(59_999);
    expect(bench.control.truth().sentCents).toBe('0');
    await bench.clock.advance(1);
    expect(bench.control.truth().sentCents).toBe('50000');
    await bench.clock.advance(2_999);
    expect(postsTo(bench, '/result')).toEqual([]);
    await bench.clock.advance(1);
    expect(postsTo(bench, '/result')).toHaveLength(1);
  });

  it('holds for the next, for a phone, or for all, in this order', async () => {
    await using bench = await createBench();
    const { payout } = requestsOf(bench);
    bench.control.plan({ api: 'b2c', outcome: 'system-busy' });
    bench.control.plan({ api: 'b2c', phone: PERSON, outcome: 'status-forbids' });
    bench.control.plan({ api: 'b2c', next: 2, outcome: 'internal-failure' });
    bench.control.plan({ api: 'b2c', outcome: 'no-role' });
    let number = 0;
    const code = async (PartyB: string) => {
      number += 1;
      await payout({ PartyB, OriginatorConversationID: `payout-${number}` });
      await bench.clock.advance(10_000);
      return resultOf(bench.callbacks.at(-1)).ResultCode;
    };
    const codes = [];
    for (const phone of [PERSON, '254722000001', PERSON, '254722000001']) codes.push(await code(phone));
    expect(codes).toEqual([17, 17, 2006, 21]);
  });

  it('edits, repeats and loses results while the truth stays', async () => {
    await using bench = await createBench();
    bench.control.plan({ api: 'b2c', next: 1, copies: 2, spreadMs: 1_000, bodyEdits: [{ find: '"Value":500', replace: '"Value":9' }] });
    const { body } = await requestsOf(bench).payout();
    await bench.clock.advance(10_000);
    expect(bench.callbacks.map((callback) => parametersOf(callback).TransactionAmount)).toEqual([9, 9]);
    expect(bench.control.truth().sentCents).toBe('50000');
    await bench.control.redeliverResult(body.ConversationID);
    expect(bench.callbacks[2]?.text).toBe(bench.callbacks[0]?.text);
    await expect(bench.control.redeliverResult('AG_none')).rejects.toThrow('No ended request');
  });

  it('can be accepted and yet answered with a 500', async () => {
    await using bench = await createBench();
    bench.control.plan({ api: 'b2c', next: 1, responseError: true });
    expect(await requestsOf(bench).payout()).toMatchObject({ status: 500, body: { errorMessage: 'Internal Server Error' } });
    await bench.clock.advance(10_000);
    expect(bench.control.truth().sentCents).toBe('50000');
  });

  it('can be drawn: the same seed draws the same run, and each chance is met', async () => {
    const run = async (seed: number) => {
      await using bench = await createBench({ seed });
      bench.control.plan({
        api: 'b2c',
        random: {
          outcomes: { completed: 0.7, dropped: 0.15, 'system-busy': 0.15 },
          ...{ timedOutRate: 0.3, lostRate: 0.2, responseLostRate: 0.2, responseErrorRate: 0.2, resultFirstRate: 0.1 },
          ...{ copies: 2, shuffle: true },
        },
      });
      const { payout } = requestsOf(bench);
      const answers = [];
      for (let i = 0; i < 60; i += 1) {
        const asked = payout({ OriginatorConversationID: `payout-${i}`, PartyB: `2547220000${10 + i}` });
        answers.push(await asked.then(({ status }) => status).catch(() => 'broken'));
        await bench.clock.advance(500);
      }
      await bench.clock.advance(600_000);
      const ended = bench.control.requests().map(({ outcome, plan }) => ({ ...plan, outcome }));
      return { answers, ended, truth: bench.control.truth(), posted: bench.callbacks.map(({ url, text }) => url + text) };
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect((await run(8)).ended).not.toEqual(first.ended);
    expect(new Set(first.answers)).toEqual(new Set([200, 500, 'broken']));
    expect(new Set(first.ended.map(({ outcome }) => outcome))).toEqual(new Set(['completed', 'dropped', 'system-busy']));
    for (const flag of ['timedOut', 'lost', 'resultFirst'] as const) {
      expect(new Set(first.ended.map((ended) => ended[flag]))).toEqual(new Set([true, false]));
    }
    const completed = first.ended.filter(({ outcome }) => outcome === 'completed').length;
    expect(first.truth.sentCents).toBe(String(completed * 50_000));
  });

  it('knows the forms on which sources disagree', async () => {
    await using bench = await createBench({
      switches: {
        resultCodes: 'string',
        referenceItem: 'array',
        failureParameters: 'object',
        resultOriginatorId: 'gateway',
        payeePhone: 'local',
        queueTimeoutBody: 'empty',
      },
    });
    const { payout } = requestsOf(bench);
    bench.control.plan({ api: 'b2c', next: 1, timedOut: true });
    await payout();
    await bench.clock.advance(10_000);
    expect(postsTo(bench, '/timeout')[0]?.text).toBe('{}');
    const [paid] = postsTo(bench, '/result');
    expect(resultOf(paid)).toMatchObject({
      ResultType: '0',
      ResultCode: '0',
      ReferenceData: { ReferenceItem: [{ Key: 'QueueTimeoutURL' }] },
    });
    expect(resultOf(paid).OriginatorConversationID).not.toBe('payout-1');
    expect(parametersOf(paid).ReceiverPartyPublicName).toMatch(/^0712345678 - /);
    await payout({ Amount: 5, OriginatorConversationID: 'payout-2' });
    await bench.clock.advance(10_000);
    expect(resultOf(bench.callbacks.at(-1)).ResultParameters.ResultParameter).toMatchObject({ Key: 'BOCompletedTime' });
    bench.control.switch({ referenceItem: 'absent' });
    await payout({ OriginatorConversationID: 'payout-3' });
    await bench.clock.advance(10_000);
    expect(resultOf(bench.callbacks.at(-1)).ReferenceData).toBeUndefined();
  });
});
