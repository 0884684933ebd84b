import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createBench, PERSON, password } from './bench.ts';

const errors: { httpStatus: number | null; body: { errorCode: string; errorMessage: string } }[] = JSON.parse(
  readFileSync('test/callbacks/stk-push/stk-push-errors-observed.json', 'utf8'),
);
const accepted = JSON.parse(readFileSync('test/callbacks/stk-push/stk-push-accepted-2026-sandbox.json', 'utf8'));

describe('an accepted STK push', () => {
  it('is answered in the shape of the recorded answer, with ids of 2026', async () => {
    await using bench = await createBench();
    const { status, body } = await bench.push();
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual([...Object.keys(accepted), 'CustomerMessage']);
    expect(body).toMatchObject({ ResponseCode: '0', ResponseDescription: accepted.ResponseDescription });
    expect(body.MerchantRequestID).toMatch(/^[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\d{6}$/);
    // 15:15:30.4 in Nairobi, then the payer's nine digits.
    expect(body.CheckoutRequestID).toBe('ws_CO_211120261515304712345678');
    expect(body.CheckoutRequestID).toHaveLength(accepted.CheckoutRequestID.length);
  });

  it('takes numbers and numeric text alike', async () => {
    await using bench = await createBench();
    const texts = { BusinessShortCode: '174379', Amount: '350', PartyA: PERSON, PartyB: '174379', PhoneNumber: PERSON };
    expect((await bench.push(texts)).status).toBe(200);
    const phone = 254712345679;
    expect((await bench.push({ Amount: 1, PartyA: phone, PhoneNumber: phone })).status).toBe(200);
  });

  it('is a prompt of its own each time, even at the same instant', async () => {
    await using bench = await createBench();
    const first = (await bench.push()).body.CheckoutRequestID;
    await bench.control.answer(first, { outcome: 'cancelled' });
    const second = (await bench.push()).body.CheckoutRequestID;
    expect(second).not.toBe(first);
    expect(bench.control.truth().promptsAccepted).toBe(2);
  });

  it('locks the phone until its prompt has ended', async () => {
    await using bench = await createBench();
    const first = await bench.push();
    expect(await bench.push({ Amount: 5 })).toMatchObject({
      status: 500,
      body: {
        errorCode: '500.001.1001',
        errorMessage: 'Unable to lock subscriber, a transaction is already in process for the current subscriber',
      },
    });
    expect((await bench.push({ PhoneNumber: '254712345679' })).status).toBe(200);
    await bench.control.answer(first.body.CheckoutRequestID, { pin: '1234' });
    expect((await bench.push({ Amount: 5 })).status).toBe(200);
  });
});

describe('a wrong STK push', () => {
  it.each([
    ['BusinessShortCode', undefined, 'BusinessShortCode'],
    ['BusinessShortCode', '12', 'BusinessShortCode'],
    ['Password', undefined, 'Password'],
    ['Timestamp', '2026112115153', 'Timestamp'],
    ['Timestamp', '20261321151530', 'Timestamp'],
    ['Timestamp', '20260230151530', 'Timestamp'],
    ['TransactionType', 'CustomerPaybillOnline', 'TransactionType'],
    ['Amount', 0, 'Amount'],
    ['Amount', 250_001, 'Amount'],
    ['Amount', 1.5, 'Amount'],
    ['Amount', '1.00', 'Amount'],
    ['Amount', true, 'Amount'],
    ['PartyA', '0712345678', 'PartyA'],
    ['PartyB', 'abc', 'PartyB'],
    ['PhoneNumber', '254612345678', 'PhoneNumber'],
    ['PhoneNumber', '+254712345678', 'PhoneNumber'],
    ['CallBackURL', 'http://example.com/callback', 'CallBackURL'],
    ['CallBackURL', 'https://<your-host>/callback', 'CallBackURL'],
    ['CallBackURL', undefined, 'CallBackURL'],
    ['AccountReference', 'THIRTEEN-LONG', 'AccountReference'],
    ['AccountReference', '', 'AccountReference'],
    ['TransactionDesc', undefined, 'Remarks'],
  ])('is told "Invalid" for %s = %j', async (field, value, called) => {
    await using bench = await createBench();
    const changes = field === 'PhoneNumber' ? { PartyA: PERSON, [field]: value } : { [field]: value };
    const { status, body } = await bench.push(changes);
    expect(status).toBe(400);
    expect(body).toEqual({ requestId: expect.any(String), errorCode: '400.002.02', errorMessage: `Bad Request - Invalid ${called}` });
    expect(bench.control.truth().promptsAccepted).toBe(0);
  });

  it.each(['https://example.invalid/x', 'http://localhost:1/x', 'http://[::1]:1/x'])('may call back %s', async (CallBackURL) => {
    await using bench = await createBench();
    expect((await bench.push({ CallBackURL })).status).toBe(200);
  });

  it('is told of the first wrong field only', async () => {
    await using bench = await createBench();
    const { body } = await bench.push({ TransactionDesc: '', Amount: 0, PhoneNumber: 'x' });
    expect(body.errorMessage).toBe('Bad Request - Invalid Amount');
  });

  it.each([
    ['another passkey', { Password: password('other') }, 'Wrong credentials'],
    ['another timestamp than the password', { Timestamp: '20261121151531' }, 'Wrong credentials'],
    ['an unknown short code', { BusinessShortCode: 600000 }, 'Merchant does not exist'],
    [
      'a till where there is none',
      { TransactionType: 'CustomerBuyGoodsOnline' },
      'Merchant not allowed to carry out transaction type CustomerBuyGoodsOnline',
    ],
  ])('fails in the core for %s', async (_, changes, errorMessage) => {
    await using bench = await createBench();
    expect(await bench.push(changes)).toMatchObject({ status: 500, body: { errorCode: '500.001.1001', errorMessage } });
  });

  it('looks empty with another Content-Type, and is refused when it is no JSON', async () => {
    await using bench = await createBench();
    const path = '/mpesa/stkpush/v1/processrequest';
    const headers = await bench.bearer();
    const plain = await bench.post(path, bench.pushFields(), { ...headers, 'Content-Type': 'text/plain' });
    expect(plain.body.errorMessage).toBe('Bad Request - Invalid BusinessShortCode');
    expect((await bench.post(path, '{"Amount":', headers)).body).toMatchObject({ errorCode: '400.002.05' });
    expect((await bench.post(path, bench.pushFields())).body).toMatchObject({ errorCode: '404.001.04' });
  });

  it('is told of the wrong method and the wrong path', async () => {
    await using bench = await createBench();
    const path = '/mpesa/stkpush/v1/processrequest';
    expect(await bench.send(path)).toMatchObject({
      status: 404,
      body: { errorCode: '404.001.04', errorMessage: 'Invalid Authentication Header' },
    });
    expect(await bench.send(path, { method: 'PUT' })).toMatchObject({
      status: 405,
      body: { errorCode: '405.001', errorMessage: 'PUT Method Not Allowed' },
    });
    expect(await bench.send(`${path}/`, { method: 'POST' })).toMatchObject({ status: 404, body: { errorCode: '404.001.01' } });
  });

  it('meets every recorded error in the recorded words', async () => {
    await using bench = await createBench();
    const replies = [
      await bench.push({ CallBackURL: 'nowhere' }),
      await bench.push({ TransactionDesc: undefined }),
      await bench.push({ PartyA: PERSON, PhoneNumber: '0712345678' }),
      await bench.push({ Password: 'wrong' }),
      await bench.post('/mpesa/stkpush/v1/processrequest', bench.pushFields(), { Authorization: 'Bearer wrong' }),
    ];
    const said = replies.map(({ body }) => ({ errorCode: body.errorCode, errorMessage: body.errorMessage }));
    expect(said).toEqual(errors.map(({ body }) => ({ errorCode: body.errorCode, errorMessage: body.errorMessage })));
  });
});

describe('a prompt that only the core can refuse', () => {
  const WORDS_AROUND_NAME = 'Do you want to pay KES 350 to  account INV-7? Enter M-PESA PIN:'.length;

  it('may have 181 characters', async () => {
    await using bench = await createBench({ businessName: 'B'.repeat(181 - WORDS_AROUND_NAME) });
    await bench.push();
    expect(bench.control.ringing()[0]?.text).toHaveLength(181);
  });

  it.each([
    ['a paybill whose PartyB is another', {}, { PartyB: 600000 }, 2028],
    ['a till whose PartyB is the short code', { tillNumber: 5551234 }, { TransactionType: 'CustomerBuyGoodsOnline' }, 'SFC_IC0003'],
    ['a prompt of 182 characters', { businessName: 'B'.repeat(182 - WORDS_AROUND_NAME) }, {}, 1025],
  ])('is accepted and fails: %s', async (_, options, changes, code) => {
    await using bench = await createBench(options);
    expect((await bench.push(changes)).status).toBe(200);
    expect(bench.control.ringing()).toEqual([]);
    await bench.clock.advance(5_000);
    expect(JSON.parse(bench.callbacks[0]?.text ?? '').Body.stkCallback.ResultCode).toBe(code);
  });

  it('works with the till number as PartyB', async () => {
    await using bench = await createBench({ tillNumber: 5551234 });
    const { body } = await bench.push({ TransactionType: 'CustomerBuyGoodsOnline', PartyB: '5551234' });
    await bench.control.answer(body.CheckoutRequestID, { pin: '1111' });
    expect(bench.control.truth().receivedCents).toBe('35000');
  });
});
