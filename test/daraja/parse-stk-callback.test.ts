import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStkCallback } from '#mpesa/daraja/parse-stk-callback.ts';
import { scaled } from '../world/counts.ts';
import { mutated, torn } from './mutations.ts';

const MUTATIONS = scaled(5_000);
const FOLDER = 'test/callbacks/stk';
const recorded = readdirSync(FOLDER);
const read = (file: string) => readFileSync(`${FOLDER}/${file}`, 'utf8');

type Item = { Name?: unknown; Value?: unknown };
const CHECKOUT = 'ws_CO_26012024005352086700000001';
const PAID = {
  says: 'paid',
  checkoutRequestId: CHECKOUT,
  merchantRequestId: 'b31f-4564-95fc-12ecddde605b14769223',
  resultCode: '0',
  amountCents: 35_000n,
  receipt: 'SAQ64A9B2K',
  phone: { full: '254700000001' },
  paidAt: new Date('2024-01-25T21:54:09Z'),
};

const items = (): Item[] => [
  { Name: 'Amount', Value: 350 },
  { Name: 'MpesaReceiptNumber', Value: 'SAQ64A9B2K' },
  { Name: 'Balance' },
  { Name: 'TransactionDate', Value: 20240126005409 },
  { Name: 'PhoneNumber', Value: 254700000001 },
];
const callback = (changes: object = {}, list: unknown = items()) =>
  JSON.stringify({
    Body: {
      stkCallback: {
        MerchantRequestID: PAID.merchantRequestId,
        CheckoutRequestID: CHECKOUT,
        ResultCode: 0,
        ResultDesc: 'The service request is processed successfully.',
        CallbackMetadata: { Item: list },
        ...changes,
      },
    },
  });
const withItem = (name: string, value: unknown) =>
  callback(
    {},
    items().map((item) => (item.Name === name ? { Name: name, Value: value } : item)),
  );

describe('a recorded STK callback', () => {
  it.each(recorded)('%s says what its name says', (file) => {
    const { says, resultCode, checkoutRequestId } = parseStkCallback(read(file));
    const code = /^stk-callback-(\w+?)-/.exec(file)?.[1];
    expect({ says, resultCode }).toEqual({ says: code === '0' ? 'paid' : 'failed', resultCode: code });
    expect(checkoutRequestId).toMatch(/^ws_CO_/);
  });

  it('gives amount, receipt, phone and moment of a success', () => {
    expect(parseStkCallback(read('stk-callback-0-success-2024.json'))).toEqual(PAID);
    expect(callback()).toContain(CHECKOUT);
    expect(parseStkCallback(callback())).toEqual(PAID);
  });
});

describe('an STK callback', () => {
  it.each<[string, string]>([
    ['a result code as text', callback({ ResultCode: '0' })],
    ['items in another order', callback({}, items().reverse())],
    ['an item nobody knows', callback({}, [...items(), { Name: 'Promotion', Value: { any: ['thing'] } }])],
    [
      'numbers as text',
      callback(
        {},
        items().map(({ Name, Value }) => ({ Name, Value: Value && String(Value) })),
      ),
    ],
    ['an amount with two decimals as text', withItem('Amount', '350.00')],
    ['a field nobody knows', callback({ Extra: { deep: [1] } })],
  ])('is understood with %s', (_, body) => {
    expect(parseStkCallback(body)).toEqual(PAID);
  });

  it.each<[unknown, unknown]>([
    ['2547 ***** 126', { tail: '126' }],
    ['2547****149', { tail: '149' }],
    ['254******867', { tail: '867' }],
    ['*********867', { tail: '867' }],
    ['254700000001', { full: '254700000001' }],
    ['0112345678', { full: '254112345678' }],
    ['a'.repeat(64), undefined],
    ['', undefined],
    [null, undefined],
    [1, undefined],
  ])('with the phone %s is paid, phone %o', (value, phone) => {
    expect(parseStkCallback(withItem('PhoneNumber', value))).toEqual({ ...PAID, phone });
  });

  it('without phone and date is still a payment', () => {
    const { phone, paidAt, ...rest } = PAID;
    expect([phone, paidAt]).not.toContain(undefined);
    expect(parseStkCallback(callback({}, items().slice(0, 2)))).toEqual(rest);
  });

  it.each([0, 1, 3.5, -350, 350.405, 1e21, 2 ** 53 + 2, 2_500_000_000])('reads the number %d as an amount only if it is one', (value) => {
    const { says, amountCents } = parseStkCallback(withItem('Amount', value));
    const expected = value === 1 ? ['paid', 100n] : value === 3.5 ? ['paid', 350n] : ['unclear', undefined];
    expect([says, amountCents]).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ...[
      '1e2',
      '0x10',
      ' 100',
      '100 ',
      '+100',
      '-1',
      '0',
      '0.00',
      '1,000',
      '100.405',
      '100.',
      '.5',
      '0100',
      '١٠٠',
      'NaN',
      'Infinity',
      '',
    ].map((value) => ['Amount', value] as [string, unknown]),
    ...[true, [350], { valueOf: 350 }, [], '9007199254740993', null].map((value) => ['Amount', value] as [string, unknown]),
    ...[
      'saq64a9b2k',
      'SAQ64',
      'SAQ64A9B2K ',
      'SAQ64A9B2K\n',
      `S${'A'.repeat(20)}`,
      'SAQ64A9B2Ö',
      1234567890,
      ['SAQ64A9B2K'],
      {},
      true,
      null,
    ].map((value) => ['MpesaReceiptNumber', value] as [string, unknown]),
    ...[true, [254700000001], { a: 1 }].map((value) => ['PhoneNumber', value] as [string, unknown]),
    ...[false, [20240126005409]].map((value) => ['TransactionDate', value] as [string, unknown]),
  ])('is unclear with %s %o', (name, value) => {
    expect(parseStkCallback(withItem(name, value)).says).toBe('unclear');
  });

  it.each<[string, string]>([
    ['two amounts', callback({}, [...items(), { Name: 'Amount', Value: 350 }])],
    ['two receipts', callback({}, [...items(), { Name: 'MpesaReceiptNumber', Value: 'SAQ64A9B2L' }])],
    ['two names that differ in case', callback({}, [...items(), { Name: 'amount', Value: 1 }])],
    ['no metadata', callback({ CallbackMetadata: undefined })],
    ['metadata of another type', callback({ CallbackMetadata: [] })],
    ['one item instead of a list', callback({}, items()[0])],
    ['an item without a name', callback({}, [...items(), { Value: 1 }])],
    ['no amount', callback({}, items().slice(1))],
    [
      'no receipt',
      callback(
        {},
        items().filter(({ Name }) => Name !== 'MpesaReceiptNumber'),
      ),
    ],
    ['no checkout id', callback({ CheckoutRequestID: undefined })],
    ['a checkout id that is a list', callback({ CheckoutRequestID: [CHECKOUT] })],
    ['a checkout id no database stores', callback({ CheckoutRequestID: 'ws_CO_\u0000' })],
    ['no result code', callback({ ResultCode: undefined })],
    ['a failure that has a receipt', callback({ ResultCode: 1032 })],
    ['a code in no table', callback({ ResultCode: 31337, CallbackMetadata: undefined })],
    ['a prompt still in process', callback({ ResultCode: '4999', CallbackMetadata: undefined })],
    ['a failure without checkout id', callback({ ResultCode: 1032, CallbackMetadata: undefined, CheckoutRequestID: undefined })],
    ['no body', JSON.stringify({ stkCallback: { ResultCode: 0 } })],
  ])('is unclear with %s', (_, body) => {
    expect(parseStkCallback(body).says).toBe('unclear');
  });

  it.each([[false], [true], [null], [''], ['00'], [' 0'], ['0.0'], [[]], [[0]], [{}], [0.5]])(
    'is not paid with the result code %o',
    (code) => {
      expect(parseStkCallback(callback({ ResultCode: code })).says).toBe('unclear');
    },
  );

  it('keeps what could be read of a success that lacks its receipt', () => {
    const { receipt, ...rest } = PAID;
    expect(receipt).toBeDefined();
    expect(parseStkCallback(withItem('MpesaReceiptNumber', undefined))).toEqual({ ...rest, says: 'unclear' });
  });

  it.each([
    ['a code in words', { ResultCode: 'SFC_IC0003' }, 'SFC_IC0003'],
    ['a code as text', { ResultCode: '1' }, '1'],
    ['empty metadata', { ResultCode: 1032, CallbackMetadata: {} }, '1032'],
  ])('fails with %s', (_, changes, resultCode) => {
    expect(parseStkCallback(callback({ CallbackMetadata: undefined, ...changes }))).toMatchObject({ says: 'failed', resultCode });
  });

  it.each([
    ['nothing', ''],
    ['a page', '<html>'],
    ['null', 'null'],
    ['depth', '['.repeat(60_000)],
    ['depth in objects', '{"Body":'.repeat(8_000)],
    ['depth inside', callback({ Extra: 1 }).replace('"Extra":1', `"Extra":${'['.repeat(20_000)}${']'.repeat(20_000)}`)],
    ['size', callback({ ResultDesc: 'x'.repeat(10_000_000) })],
    ['many items', callback({}, [...items(), ...Array.from({ length: 2_000 }, (_, index) => ({ Name: `n${index}` }))])],
  ])('survives %s in no time', (what, body) => {
    const startedAt = performance.now();
    expect(parseStkCallback(body).says).toBe(what === 'depth inside' ? 'paid' : 'unclear');
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('any mutation of a recorded STK callback', () => {
  /** The plainest reading of a paid callback: the one value under each name. */
  function plainReading(body: string) {
    const stk = JSON.parse(body).Body.stkCallback;
    const named = (name: string) => stk.CallbackMetadata.Item.filter((item: Item) => item.Name === name).map((item: Item) => item.Value);
    return { code: stk.ResultCode, checkout: stk.CheckoutRequestID, amounts: named('Amount'), receipts: named('MpesaReceiptNumber') };
  }

  it('never throws, and says paid only for exactly the one amount, receipt and id that it holds', () => {
    let paid = 0;
    fc.assert(
      fc.property(mutated(recorded.map(read)), (body) => {
        const answer = parseStkCallback(body);
        if (answer.says !== 'paid') return;
        paid++;
        const { code, checkout, amounts, receipts } = plainReading(body);
        expect([0, '0']).toContain(code);
        expect(checkout).toBe(answer.checkoutRequestId);
        expect(receipts).toEqual([answer.receipt]);
        expect(amounts).toHaveLength(1);
        expect(['number', 'string']).toContain(typeof amounts[0]);
        expect(BigInt(Math.round(Number(amounts[0]) * 100))).toBe(answer.amountCents);
        expect(String(amounts[0])).toMatch(/^\d+(\.\d\d?)?$/);
      }),
      { numRuns: MUTATIONS },
    );
    expect(paid).toBeGreaterThan(MUTATIONS / 100); // the property is about something
  });

  it('that touches one part with another type loses the payment or leaves every part as it was', () => {
    const part = fc.constantFrom(
      'Amount',
      'MpesaReceiptNumber',
      'TransactionDate',
      'PhoneNumber',
      'Balance',
      'ResultCode',
      'CheckoutRequestID',
    );
    const noScalar = fc.jsonValue().filter((value) => typeof value !== 'string' && typeof value !== 'number');
    fc.assert(
      fc.property(part, noScalar, (name, value) => {
        const atTop = name === 'ResultCode' || name === 'CheckoutRequestID';
        const answer = parseStkCallback(atTop ? callback({ [name]: value }) : withItem(name, value));
        if (answer.says === 'paid') expect({ ...PAID, ...answer }).toEqual(PAID);
      }),
      { numRuns: MUTATIONS },
    );
  });

  it('in its bytes never throws', () => {
    fc.assert(
      fc.property(torn(recorded.map(read)), (body) => {
        expect(['paid', 'failed', 'unclear']).toContain(parseStkCallback(body).says);
      }),
      { numRuns: MUTATIONS },
    );
  });
});
