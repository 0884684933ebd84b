import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../dev/daraja/options.ts';
import { type Bench, contentOf, createBench, PERSON } from './bench.ts';
import { postsTo, requestsOf } from './requests.ts';

const TILL = '5551234';
const recorded = (name: string) => JSON.parse(readFileSync(`test/callbacks/c2b/c2b-confirmation-${name}.json`, 'utf8'));
const lastNotice = (bench: Bench) => JSON.parse(postsTo(bench, '/confirmation').at(-1)?.text ?? '{}');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

async function payTill(bench: Bench, how: 'prompt' | 'hand'): Promise<void> {
  await requestsOf(bench).register();
  if (how === 'prompt') {
    const { body } = await bench.push({ TransactionType: 'CustomerBuyGoodsOnline', PartyB: TILL, AccountReference: 'ORDER-77' });
    await bench.control.answer(body.CheckoutRequestID, { pin: '1234' });
  } else await bench.control.payBill({ phone: PERSON, amountShillings: 350, account: 'ORDER-77', shortcode: TILL });
  await bench.clock.advance(1_000);
}

describe('a till’s notice', () => {
  it.each(['prompt', 'hand'] as const)('has the recorded shape, and no reference survives: paid by %s', async (how) => {
    await using bench = await createBench({ tillNumber: TILL, switches: { c2bNames: 'all' } });
    await payTill(bench, how);
    const notice = lastNotice(bench);
    const sample = recorded('till-2024-production-shape');
    expect(Object.keys(notice)).toEqual(Object.keys(sample));
    const { TransactionType, BillRefNumber, InvoiceNumber, ThirdPartyTransID } = sample;
    expect(notice).toMatchObject({ TransactionType, BillRefNumber, InvoiceNumber, ThirdPartyTransID, FirstName: 'Amina' });
    expect(JSON.stringify(bench.callbacks)).not.toContain('ORDER-77');
    expect(notice.MSISDN).toBe(`${sha256(PERSON).slice(0, 40)} ***** ${sha256(PERSON).slice(-8)}`);
    expect(sample.MSISDN).toMatch(/^[0-9a-f]{40} \*{5} [0-9a-f]{8}$/);
    expect(notice).toMatchObject({ TransID: bench.control.truth().transactions[0]?.receipt, OrgAccountBalance: '350.00' });
    expect(bench.control.truth().transactions[0]).toMatchObject({ till: TILL, shortcode: '174379' });
  });

  it.each([
    [{ tillPhone: 'masked' }, { MSISDN: '2547 ***** 678' }],
    [{ tillPhone: 'hashed' }, { MSISDN: sha256(PERSON) }],
    [{ tillPhone: 'plain' }, { MSISDN: PERSON }],
    [{ tillType: 'Buy Goods' }, { TransactionType: 'Buy Goods' }],
    [{ tillShortcode: 'store' }, { BusinessShortCode: '174379' }],
    [{ tillShortcode: 'till' }, { BusinessShortCode: TILL }],
  ] as [SimulatorOptions['switches'] & object, object][])('follows the switch %j', async (switches, expected) => {
    await using bench = await createBench({ tillNumber: TILL, switches });
    for (const how of ['prompt', 'hand'] as const) {
      await payTill(bench, how);
      expect(lastNotice(bench)).toMatchObject(expected);
    }
  });

  it('is told under the till’s own short code, whose accounts then hold the money', async () => {
    await using bench = await createBench({ tillNumber: TILL, switches: { tillShortcode: 'till' } });
    await payTill(bench, 'hand');
    expect(bench.control.truth()).toMatchObject({ accounts: { [TILL]: { utilityShillings: 350 }, '174379': { utilityShillings: 0 } } });
  });
});

describe('a paybill’s notice', () => {
  it('of an STK payment loses its reference where that is switched, and the customer’s own keeps it', async () => {
    await using bench = await createBench({ switches: { stkReference: 'empty' } });
    await requestsOf(bench).register();
    const { body } = await bench.push();
    await bench.control.answer(body.CheckoutRequestID, { pin: '1234' });
    await bench.clock.advance(1_000);
    expect(lastNotice(bench)).toMatchObject({
      TransactionType: 'Pay Bill',
      BillRefNumber: '',
      TransID: contentOf(bench.callbacks[0]).CallbackMetadata.Item[1].Value,
    });
    await bench.control.payBill({ phone: PERSON, amountShillings: 10, account: 'INV-8' });
    await bench.clock.advance(1_000);
    expect(lastNotice(bench).BillRefNumber).toBe('INV-8');
  });
});

describe('another business’s payment', () => {
  it.each([undefined, TILL])('is told as recorded: no phone, the company as first name (to %s)', async (shortcode) => {
    await using bench = await createBench({ tillNumber: TILL });
    await requestsOf(bench).register();
    const order = { amountShillings: 12_000.5, account: 'INV-1004', name: 'TEST COMPANY LIMITED', ...(shortcode && { shortcode }) };
    const { receipt } = (await bench.post('/simulator/organisation-payments', order)).body;
    await bench.clock.advance(1_000);
    const sample = recorded('organisation-transfer-2025-production-shape');
    expect(Object.keys(lastNotice(bench))).toEqual(Object.keys(sample));
    const { TransactionType, MSISDN, InvoiceNumber, FirstName } = sample;
    expect(lastNotice(bench)).toMatchObject({
      TransactionType,
      MSISDN,
      InvoiceNumber,
      FirstName,
      TransID: receipt,
      TransAmount: '12000.50',
    });
    expect(lastNotice(bench).BillRefNumber).toBe(shortcode ? '' : 'INV-1004');
    expect(postsTo(bench, '/validation')).toEqual([]);
    expect(bench.control.truth()).toMatchObject({
      receivedCents: '1200050',
      transactions: [{ kind: 'organisation', receipt, organisation: { name: 'TEST COMPANY LIMITED' } }],
    });
  });
});

describe('several numbers of one organisation', () => {
  it('can all be paid, each told under its own and kept in accounts of its own, registered by their head office', async () => {
    await using bench = await createBench({ otherShortcodes: [600111], otherTills: ['5551235'] });
    await requestsOf(bench).register();
    await bench.control.payBill({ phone: PERSON, amountShillings: 30, account: 'A', shortcode: 600111 });
    await bench.control.payBill({ phone: PERSON, amountShillings: 40, shortcode: '5551235' });
    const { body } = await bench.push({ TransactionType: 'CustomerBuyGoodsOnline', PartyB: '5551235' });
    await bench.control.answer(body.CheckoutRequestID, { pin: '1234' });
    await bench.clock.advance(1_000);
    const told = postsTo(bench, '/confirmation').map(({ text }) => JSON.parse(text));
    expect(told.map(({ BusinessShortCode, TransactionType }) => [BusinessShortCode, TransactionType])).toEqual([
      ['600111', 'Pay Bill'],
      ['5551235', 'Customer Merchant Payment'],
      ['5551235', 'Customer Merchant Payment'],
    ]);
    expect(bench.control.truth().accounts).toMatchObject({
      '174379': { utilityShillings: 0 },
      '600111': { utilityShillings: 30 },
      '5551235': { utilityShillings: 390 },
    });
    await requestsOf(bench).register({ ShortCode: 600111, ConfirmationURL: requestsOf(bench).at('/own') });
    await bench.control.payBill({ phone: PERSON, amountShillings: 30, account: 'A', shortcode: 600111 });
    await bench.clock.advance(1_000);
    expect(postsTo(bench, '/own')).toHaveLength(1);
  });
});
