import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { OutcomeName } from '../../dev/daraja/outcomes.ts';
import { contentOf, createBench, PERSON } from './bench.ts';

const recorded = (name: string) => readFileSync(`test/callbacks/stk/stk-callback-${name}.json`, 'utf8').trim();
/** The text with everything that differs from payment to payment made equal. */
const shapeOf = (text: string | undefined) =>
  text
    ?.replace(/("MerchantRequestID":)"[^"]*"/, '$1"M"')
    .replace(/("CheckoutRequestID":)"[^"]*"/, '$1"C"')
    .replace(/("MpesaReceiptNumber","Value":)"[0-9A-Z]{10}"/, '$1"R"')
    .replace(/("Amount","Value":)\d+\.\d\d/, '$11.00')
    .replace(/("TransactionDate","Value":)\d{14}/, '$1D')
    .replace(/("PhoneNumber","Value":)2547\d{8}/, '$1P');

describe('the callback', () => {
  it.each([
    ['0-success-2024', 'paid', 'current'],
    ['0-success-2020', 'paid', 'legacy'],
    ['1-insufficient-2023', 'insufficient-funds', 'current'],
    ['1019-expired-2023', 'expired', 'current'],
    ['1032-cancelled-2024', 'cancelled', 'current'],
    ['1032-cancelled-2019-legacy-prefix', 'cancelled', 'legacy'],
    ['1036-smsc-ack-timeout-2019', 'no-acknowledgement', 'legacy'],
    ['1037-no-response-2026-sandbox', 'no-answer', 'current'],
    ['2001-wrong-pin-2023', 'wrong-pin', 'current'],
    ['2001-wrong-pin-2019-legacy-prefix', 'wrong-pin', 'legacy'],
  ] as const)('equals the recorded %s, character by character, but for the values', async (name, outcome, wording) => {
    await using bench = await createBench({ switches: { wording } });
    const { body } = await bench.push();
    await bench.control.answer(body.CheckoutRequestID, { outcome });
    await bench.clock.advance(1_000);
    expect(shapeOf(bench.callbacks[0]?.text)).toBe(shapeOf(recorded(name)));
  });

  it('carries the ids of the request, the amount with two decimals and the time of the payment in Nairobi', async () => {
    await using bench = await createBench();
    const { body } = await bench.push({ Amount: 1250 });
    await bench.clock.advance(21_000);
    await bench.control.answer(body.CheckoutRequestID, { pin: '1234' });
    await bench.clock.advance(1_000);
    expect(bench.callbacks[0]?.text).toContain('{"Name":"Amount","Value":1250.00}');
    expect(contentOf(bench.callbacks[0])).toEqual({
      MerchantRequestID: body.MerchantRequestID,
      CheckoutRequestID: body.CheckoutRequestID,
      ResultCode: 0,
      ResultDesc: 'The service request is processed successfully.',
      CallbackMetadata: {
        Item: [
          { Name: 'Amount', Value: 1250 },
          // U is 2026, K is November, L is the 21st.
          { Name: 'MpesaReceiptNumber', Value: expect.stringMatching(/^UKL[0-9A-Z]{7}$/) },
          { Name: 'Balance' },
          { Name: 'TransactionDate', Value: 20261121151551 },
          { Name: 'PhoneNumber', Value: Number(PERSON) },
        ],
      },
    });
  });

  it('comes with the recorded headers', async () => {
    await using bench = await createBench();
    await bench.push({ PhoneNumber: '254708374149' });
    await bench.clock.advance(10_000);
    expect(bench.callbacks[0]?.headers).toMatchObject({ 'content-type': 'application/json;charset=UTF-8', businessshortcode: '174379' });
  });

  it.each(['/broken', '/moved'])('is sent once even when the answer is no success (%s)', async (path) => {
    await using bench = await createBench();
    await bench.push({ PhoneNumber: '254708374149', CallBackURL: new URL(path, bench.callbackUrl).href });
    await bench.clock.advance(3_600_000);
    expect(bench.callbacks).toHaveLength(1);
    expect(bench.control.truth().callbacksDelivered).toBe(1);
  });

  it('may be skewed in time and hide the phone, when switched so', async () => {
    await using bench = await createBench({ switches: { transactionDateSkewMs: -90_000, callbackPhone: 'masked' } });
    await bench.push({ PhoneNumber: '254708374149' });
    await bench.clock.advance(10_000);
    expect(contentOf(bench.callbacks[0]).CallbackMetadata.Item.slice(3)).toEqual([
      { Name: 'TransactionDate', Value: 20261121151404 },
      { Name: 'PhoneNumber', Value: '2547 ***** 149' },
    ]);
  });

  it('is changed by the edits of a plan while the truth stays', async () => {
    await using bench = await createBench();
    bench.control.plan({ next: 1, bodyEdits: [{ find: '350.00', replace: '"1e2"' }] });
    await bench.push();
    await bench.clock.advance(10_000);
    expect(contentOf(bench.callbacks[0]).CallbackMetadata.Item[0].Value).toBe('1e2');
    expect(bench.control.truth().receivedCents).toBe('35000');
  });

  it('can be delivered again, equal or edited', async () => {
    await using bench = await createBench();
    const { body } = await bench.push({ PhoneNumber: '254708374149' });
    await expect(bench.control.redeliver(body.CheckoutRequestID)).rejects.toThrow('no outcome yet');
    await bench.clock.advance(10_000);
    await bench.control.redeliver(body.CheckoutRequestID);
    await bench.control.redeliver(body.CheckoutRequestID, [{ find: '350.00', replace: '9.00' }]);
    expect(bench.callbacks[1]?.text).toBe(bench.callbacks[0]?.text);
    expect(bench.callbacks[2]?.text).toContain('"Value":9.00');
  });
});

describe('the query', () => {
  const observed: { body: { ResultCode?: string; ResultDesc?: string; errorMessage?: string } }[] = JSON.parse(
    readFileSync('test/callbacks/stk-query/stk-query-observed-2026-sandbox.json', 'utf8'),
  );
  const words = (code: string) => observed.find(({ body }) => body.ResultCode === code)?.body.ResultDesc;

  it.each([
    ['paid', '0'],
    ['cancelled', '1032'],
    ['no-answer', '1037'],
    ['bad-debt', 'E3008'],
  ] as [OutcomeName, string][])(
    'says 4999 first and then %s in the recorded words, with a code in text and no receipt',
    async (outcome, code) => {
      await using bench = await createBench();
      const { body } = await bench.push();
      const common = {
        ResponseCode: '0',
        ResponseDescription: 'The service request has been accepted successfully',
        MerchantRequestID: body.MerchantRequestID,
        CheckoutRequestID: body.CheckoutRequestID,
      };
      expect((await bench.query(body.CheckoutRequestID)).body).toEqual({ ...common, ResultCode: '4999', ResultDesc: words('4999') });
      await bench.control.answer(body.CheckoutRequestID, { outcome });
      expect((await bench.query(body.CheckoutRequestID)).body).toEqual({ ...common, ResultCode: code, ResultDesc: words(code) });
    },
  );

  it.each([
    ['error-in-200', 200, ''],
    ['error-500', 500, 'The transaction is being processed'],
  ] as const)('can say "in flight" as %s', async (queryInFlight, status, errorMessage) => {
    await using bench = await createBench({ switches: { queryInFlight } });
    const { body } = await bench.push();
    expect(await bench.query(body.CheckoutRequestID)).toMatchObject({ status, body: { errorCode: '500.001.1001', errorMessage } });
  });

  it('does not know other ids, nor the names of objects', async () => {
    await using bench = await createBench();
    for (const id of ['ws_CO_000000000000000712345678', '__proto__', 'toString']) {
      expect(await bench.query(id)).toMatchObject({
        status: 500,
        body: { errorCode: '500.001.1001', errorMessage: 'The transaction does not Exist' },
      });
    }
  });

  it('checks its fields and the password', async () => {
    await using bench = await createBench();
    expect((await bench.query('')).body.errorMessage).toBe('Bad Request - Invalid CheckoutRequestID');
    expect((await bench.query('x', { Timestamp: 'now' })).body.errorMessage).toBe('Bad Request - Invalid Timestamp');
    expect((await bench.query('x', { Password: 'wrong' })).body.errorMessage).toBe('Wrong credentials');
  });

  it('fails at random for known ids as often as switched', async () => {
    await using bench = await createBench({ switches: { queryGlitchRate: 0.25 } });
    const { body } = await bench.push();
    let failed = 0;
    for (let i = 0; i < 100; i += 1) failed += (await bench.query(body.CheckoutRequestID)).status === 500 ? 1 : 0;
    expect(failed).toBeGreaterThan(10);
    expect(failed).toBeLessThan(45);
    expect(bench.control.truth().queryCalls).toBe(100);
  });
});
