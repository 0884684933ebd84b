import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Switches } from '../../dev/daraja/switches.ts';
import { type Bench, createBench, PERSON } from './bench.ts';
import { requestsOf } from './requests.ts';

const register = { ShortCode: '174379', RequestType: 'Pull', NominatedNumber: PERSON, CallBackURL: 'https://shop.example/pull' };
const window = { ShortCode: '174379', StartDate: '2026-11-20 00:00:00', EndDate: '2026-11-30 00:00:00', OffSetValue: '0' };
const sample = JSON.parse(readFileSync('test/callbacks/pull/documented/pull-query-1000-documented.json', 'utf8'));
const NOTHING = 'No records found or Organization Name not available';

async function pay(bench: Bench, shortcode = '174379'): Promise<string> {
  const paid = await bench.control.payBill({ phone: PERSON, amountShillings: 350, account: 'INV-7', shortcode });
  return paid.outcome === 'paid' ? paid.receipt : '';
}
const pull = (bench: Bench, changes: object = {}) => requestsOf(bench).post('/pulltransactions/v1/query', { ...window, ...changes });
const registerPull = (bench: Bench, changes: object = {}) =>
  requestsOf(bench).post('/pulltransactions/v1/register', { ...register, ...changes });
const receiptsIn = ({ body }: Awaited<ReturnType<typeof pull>>): string[] =>
  body.Response[0].map(({ transactionId }: { transactionId: string }) => transactionId);

describe('pull', () => {
  it('is registered once and then tells payments in the documented shape', async () => {
    await using bench = await createBench();
    expect((await registerPull(bench)).body).toMatchObject({ ResponseStatus: '1000', ShortCode: '174379' });
    expect((await registerPull(bench)).body.ResponseStatus).toBe('1001');
    const receipt = await pay(bench);
    const { body } = await pull(bench);
    expect(Object.keys(body)).toEqual(Object.keys(sample));
    expect(Object.keys(body.Response[0][0])).toEqual(Object.keys(sample.Response[0][0]));
    expect(body.Response).toEqual([
      [
        {
          transactionId: receipt,
          trxDate: '2026-11-21T12:15:30Z',
          msisdn: 254712345678,
          sender: 'AMINA',
          transactiontype: 'c2b-pay-bill-debit',
          billreference: 'INV-7',
          amount: '350.00',
          organizationname: 'Duka la Kahawa',
        },
      ],
    ]);
  });

  it.each([
    ['list', 200, { ResponseCode: '1001', ResponseMessage: NOTHING, Response: [[]] }],
    ['transaction', 200, { ResponseCode: '1001', ResponseMessage: NOTHING, Transaction: '[[]]' }],
    ['error-500', 500, { errorMessage: NOTHING }],
  ] as const)('says the same of a quiet short code and of one that was never registered: %s', async (pullNone, status, body) => {
    await using bench = await createBench({ switches: { pullNone } });
    expect(await pull(bench)).toMatchObject({ status, body });
    await pay(bench);
    const unregistered = await pull(bench);
    expect(unregistered).toMatchObject({ status, body });
    bench.control.reset();
    await registerPull({ ...bench, bearer: async () => ({ Authorization: `Bearer ${await bench.token()}` }) });
    const headers = { Authorization: `Bearer ${await bench.token()}` };
    const quiet = await bench.post('/pulltransactions/v1/query', window, headers);
    expect(quiet).toMatchObject({ status, body });
    expect(Object.keys(quiet.body)).toEqual(Object.keys(unregistered.body));
    expect((await bench.post('/pulltransactions/v1/query', { ...window, ShortCode: '999999' }, headers)).body.errorMessage).toBe(
      'Invalid ShortCode',
    );
  });

  it('goes on by rows until an empty page, a hundred at a time', async () => {
    await using bench = await createBench({ switches: { startBalanceShillings: 500_000 } });
    await registerPull(bench);
    const receipts: string[] = [];
    for (let i = 0; i < 230; i += 1) receipts.push(await pay(bench));
    const pages = [];
    for (const OffSetValue of ['0', '100', '200', '230']) pages.push(receiptsIn(await pull(bench, { OffSetValue })));
    expect(pages.map((page) => page.length)).toEqual([100, 100, 30, 0]);
    expect(pages.flat()).toEqual(receipts);
    // A page number in place of a row's leaves out nothing and repeats nearly all.
    expect(receiptsIn(await pull(bench, { OffSetValue: '1' }))).toEqual(receipts.slice(1, 101));
  });

  it('goes back 48 hours, and knows neither payouts, reversals nor other businesses', async () => {
    await using bench = await createBench();
    const { reverse, payout } = requestsOf(bench);
    await registerPull(bench);
    const receipts = [await pay(bench)];
    await bench.clock.advance(47 * 3_600_000);
    for (let i = 0; i < 2; i += 1) receipts.push(await pay(bench));
    await payout();
    await bench.control.payFromOrganisation({ amountShillings: 70 });
    await reverse({ TransactionID: receipts[2], Amount: 350 });
    await bench.clock.advance(60_000);
    expect(bench.control.truth().transactions).toHaveLength(6);
    expect(receiptsIn(await pull(bench))).toEqual(receipts);
    expect(receiptsIn(await pull(bench, { EndDate: '2026-11-21 15:15:29' }))).toEqual([]);
    expect(receiptsIn(await pull(bench, { EndDate: '2026-11-21 15:15:31' }))).toEqual(receipts.slice(0, 1));
    await bench.clock.advance(3_600_000);
    expect(receiptsIn(await pull(bench))).toEqual(receipts.slice(1));
  });

  it('tells no reference of a till, and its outlets’ payments apart or together', async () => {
    await using bench = await createBench({ tillNumber: 5551234, otherShortcodes: [600111] });
    await registerPull(bench);
    const { body: pushed } = await bench.push({ TransactionType: 'CustomerBuyGoodsOnline', PartyB: '5551234' });
    await bench.control.answer(pushed.CheckoutRequestID, { pin: '1234' });
    const till = bench.control.truth().transactions[0]?.receipt;
    const other = await pay(bench, '600111');
    const { body } = await pull(bench);
    expect(body.Response[0]).toMatchObject([{ transactionId: till, transactiontype: 'c2b-buy-goods-debit', billreference: '' }]);
    expect(receiptsIn(await pull(bench, { ShortCode: '600111' }))).toEqual([other]);
    bench.control.switch({ pullScope: 'organisation' });
    expect(receiptsIn(await pull(bench))).toEqual([till, other]);
  });

  it.each([
    [{ pullTime: 'nairobi-as-utc' }, { trxDate: '2026-11-21T15:15:30Z' }],
    [{ pullTime: 'offset' }, { trxDate: '2026-11-21T15:15:30+03:00' }],
    [{ pullTime: 'utc-as-offset' }, { trxDate: '2026-11-21T12:15:30+03:00' }],
    [{ pullPhone: 'masked' }, { msisdn: '2547 ***** 678' }],
    [{ pullSender: 'MPESA' }, { sender: 'MPESA' }],
    [{ pullAmount: '350.0' }, { amount: '350.0' }],
  ] as [Partial<Switches>, object][])('writes its rows as switched: %j', async (switches, expected) => {
    await using bench = await createBench({ switches });
    await registerPull(bench);
    await pay(bench);
    expect((await pull(bench)).body.Response[0][0]).toMatchObject(expected);
  });

  it('writes moments in four ways at once where they are mixed', async () => {
    await using bench = await createBench({ switches: { pullTime: 'mixed' } });
    await registerPull(bench);
    for (let i = 0; i < 60; i += 1) await pay(bench);
    const told = new Set((await pull(bench)).body.Response[0].map(({ trxDate }: { trxDate: string }) => trxDate.slice(11)));
    expect([...told].sort()).toEqual(['12:15:30+03:00', '12:15:30Z', '15:15:30+03:00', '15:15:30Z']);
  });

  it('refuses a second pull within its throttle, of that short code and not of further pages', async () => {
    await using bench = await createBench({ switches: { pullThrottleMs: 900_000, pullPageSize: 1 }, otherShortcodes: [600111] });
    await registerPull(bench);
    await pay(bench);
    const statuses = [];
    for (const OffSetValue of ['0', '1', '0']) statuses.push((await pull(bench, { OffSetValue })).status);
    expect(statuses).toEqual([200, 200, 500]);
    expect((await pull(bench)).body).toMatchObject({ errorCode: '500.003.02' });
    expect((await pull(bench, { ShortCode: '600111' })).status).toBe(200);
    await bench.clock.advance(899_999);
    expect((await pull(bench)).status).toBe(500);
    await bench.clock.advance(1);
    expect((await pull(bench)).status).toBe(200);
  });

  it('tells a share of the rows late, in between those that it told before', async () => {
    await using bench = await createBench({ switches: { pullLateMs: 7 * 3_600_000, pullLateShare: 0.4 } });
    await registerPull(bench);
    const receipts: string[] = [];
    for (let i = 0; i < 40; i += 1) receipts.push(await pay(bench));
    const early = receiptsIn(await pull(bench));
    expect(early.length).toBeGreaterThan(12);
    expect(early.length).toBeLessThan(36);
    await bench.clock.advance(7 * 3_600_000 - 1);
    expect(receiptsIn(await pull(bench))).toEqual(early);
    await bench.clock.advance(1);
    expect(receiptsIn(await pull(bench))).toEqual(receipts);
    expect(receipts.slice(0, early.length)).not.toEqual(early);
  });

  it('checks its fields', async () => {
    await using bench = await createBench();
    for (const [field, value] of Object.entries({ StartDate: '2026-11-20', EndDate: '', OffSetValue: '-1' })) {
      expect((await pull(bench, { [field]: value })).body.errorMessage).toBe(`Bad Request - Invalid ${field}`);
    }
    expect((await registerPull(bench, { RequestType: 'Push' })).body.errorMessage).toBe('Bad Request - Invalid RequestType');
  });
});
