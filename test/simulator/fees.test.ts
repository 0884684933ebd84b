import { describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../dev/daraja/options.ts';
import { type Bench, createBench, PERSON } from './bench.ts';
import { B2C_SHORTCODE, parametersOf, postsTo, requestsOf, resultOf } from './requests.ts';

const TILL = '5551234';
const charging = (switches: SimulatorOptions['switches'] & object = {}): SimulatorOptions => ({
  tillNumber: TILL,
  switches: { fees: 'tariff', startBalanceShillings: 400_000, ...switches },
});
const pay = (bench: Bench, amountShillings: number, shortcode = '174379') =>
  bench.control.payBill({ phone: PERSON, amountShillings, account: 'A', shortcode });
const lastResult = (bench: Bench) => postsTo(bench, '/result').at(-1);
const utility = (bench: Bench, shortcode = '174379') => bench.control.truth().accounts[shortcode]?.utilityShillings;

describe('the tariff', () => {
  // Paybill: what customer and business pay in the three ways of sharing. Till: always the business, 0.55 % above 200, at most 200.
  it.each([
    [49, 0, 0, 0, 0],
    [100, 0, 0, 0, 0],
    [101, 5, 5, 0, 0],
    [201, 5, 5, 0, 1.11],
    [500, 5, 5, 0, 2.75],
    [501, 10, 10, 0, 2.76],
    [1_001, 15, 10, 5, 5.51],
    [2_000, 20, 13, 7, 11],
    [2_501, 25, 16, 9, 13.76],
    [5_000, 34, 16, 18, 27.5],
    [10_000, 48, 18, 30, 55],
    [35_000, 83, 21, 62, 192.5],
    [45_001, 108, 24, 84, 200],
    [250_000, 108, 24, 84, 200],
  ])('of KES %i is %i in all, %i and %i shared, %d at a till', async (amount, total, customer, business, till) => {
    for (const [paybillPayer, fromCustomer, fromBusiness] of [
      ['customer', total, 0],
      ['business', 0, total],
      ['shared', customer, business],
    ] as const) {
      await using bench = await createBench(charging({ paybillPayer }));
      await pay(bench, amount);
      expect(bench.control.handset(PERSON).balanceShillings).toBe(400_000 - amount - fromCustomer);
      expect(utility(bench)).toBe(amount - fromBusiness);
    }
    await using bench = await createBench(charging());
    await pay(bench, amount, TILL);
    expect(bench.control.handset(PERSON).balanceShillings).toBe(400_000 - amount);
    expect(utility(bench)).toBe(Math.round((amount - till) * 100) / 100);
    expect(bench.control.truth()).toMatchObject({
      receivedCents: String(amount * 100),
      chargedCents: String(Math.round(till * 100)),
      transactions: [{ chargeShillings: till, customerChargeShillings: 0 }],
    });
  });

  it('charges nothing unless it is switched on, and a customer by default where it is', async () => {
    await using bench = await createBench({ switches: { startBalanceShillings: 400_000 } });
    await pay(bench, 2_000);
    expect(bench.control.truth().chargedCents).toBe('0');
    expect(bench.control.handset(PERSON).messages[0]?.text).toContain('Transaction cost, Ksh0.00.');
    bench.control.switch({ fees: 'tariff' });
    const { body } = await bench.push({ Amount: 2_000 });
    await bench.control.answer(body.CheckoutRequestID, { pin: '1234' });
    expect(bench.control.handset(PERSON)).toMatchObject({
      balanceShillings: 400_000 - 4_000 - 20,
      messages: [{ text: expect.stringContaining('Transaction cost, Ksh20.00.') }, {}],
    });
    expect(utility(bench)).toBe(4_000);
  });

  it('is more than a wallet holds that has just the amount', async () => {
    await using bench = await createBench(charging());
    bench.control.setBalance(PERSON, 2_019);
    expect(await pay(bench, 2_000)).toEqual({ outcome: 'insufficient-funds' });
    const { body } = await bench.push({ Amount: 2_000 });
    expect((await bench.control.answer(body.CheckoutRequestID, { pin: '1234' })).outcome).toBe('insufficient-funds');
    expect((await pay(bench, 2_000, TILL)).outcome).toBe('paid');
  });

  it.each([
    [100, 0],
    [101, 5],
    [1_500, 5],
    [1_501, 9],
    [5_001, 11],
    [20_001, 13],
    [250_000, 13],
  ])('of a payout of KES %i is %i, which the utility account must hold too', async (Amount, fee) => {
    await using bench = await createBench(charging({ startBalanceShillings: 0 }));
    const { payout, status } = requestsOf(bench);
    bench.control.setFloat({ shortcode: B2C_SHORTCODE, utilityShillings: Amount + fee - 1 });
    await payout({ Amount, OriginatorConversationID: 'a' });
    await bench.clock.advance(10_000);
    expect(resultOf(lastResult(bench)).ResultCode).toBe(1);
    bench.control.setFloat({ shortcode: B2C_SHORTCODE, utilityShillings: Amount + fee });
    await payout({ Amount, OriginatorConversationID: 'b' });
    await bench.clock.advance(10_000);
    expect(parametersOf(lastResult(bench))).toMatchObject({ B2CUtilityAccountAvailableFunds: 0, TransactionAmount: Amount });
    expect(bench.control.truth()).toMatchObject({ sentCents: String(Amount * 100), chargedCents: String(fee * 100) });
    await status({ TransactionID: bench.control.truth().transactions[0]?.receipt, PartyA: B2C_SHORTCODE });
    await bench.clock.advance(10_000);
    expect(parametersOf(lastResult(bench)).DebitPartyCharges).toBe(fee === 0 ? undefined : `Fee For B2C Payment|KES|${fee}.00`);
  });

  it('is taken from the Charges Paid Account where that is switched, which then is below zero as recorded', async () => {
    await using bench = await createBench(charging({ chargedAccount: 'charges' }));
    const { payout, balance } = requestsOf(bench);
    bench.control.setFloat({ shortcode: B2C_SHORTCODE, utilityShillings: 500 });
    await payout();
    await balance();
    await bench.clock.advance(10_000);
    const told = parametersOf(postsTo(bench, '/result')[0]);
    expect(told).toMatchObject({ B2CUtilityAccountAvailableFunds: 0, B2CChargesPaidAccountAvailableFunds: -5 });
    expect(parametersOf(lastResult(bench)).AccountBalance).toContain('Charges Paid Account|KES|-5.00|-5.00|0.00|0.00');
  });

  it('keeps no dust of fractions in a balance', async () => {
    await using bench = await createBench(charging());
    for (let i = 0; i < 100; i += 1) await pay(bench, 201, TILL);
    expect(utility(bench)).toBe(100 * 201 - 111);
  });
});

describe('money that moves without the merchant’s software', () => {
  it('comes from the bank, goes to the settlement account and back to the bank, and nobody is told', async () => {
    await using bench = await createBench({ b2cShortcode: 174379, switches: { c2bValidation: false } });
    const { register, balance, status } = requestsOf(bench);
    await register();
    const first = (await bench.post('/simulator/top-ups', { amountShillings: 5_000.5 })).body.receipt;
    const second = (await bench.post('/simulator/sweeps', { amountShillings: 1_000 })).body.receipt;
    await balance({ PartyA: 174379 });
    await bench.clock.advance(10_000);
    expect(parametersOf(lastResult(bench)).AccountBalance).toBe(
      'Working Account|KES|0.00|0.00|0.00|0.00&Utility Account|KES|4000.50|4000.50|0.00|0.00&Charges Paid Account|KES|0.00|0.00|0.00|0.00&Organization Settlement Account|KES|1000.00|1000.00|0.00|0.00',
    );
    expect(bench.control.sweep({ toBank: true })).toMatchObject({ receipt: expect.any(String), bankReceipt: expect.any(String) });
    expect(bench.control.truth()).toMatchObject({
      receivedCents: '0',
      sentCents: '0',
      toppedUpCents: '500050',
      sweptCents: '500050',
      accounts: { '174379': { utilityShillings: 0, settlementShillings: 1_000 } },
    });
    const parties = [];
    for (const TransactionID of [first, second]) {
      await status({ TransactionID });
      await bench.clock.advance(10_000);
      const { DebitPartyName, CreditPartyName, ReasonType } = parametersOf(lastResult(bench));
      parties.push([DebitPartyName, CreditPartyName, ReasonType]);
    }
    const us = '174379 - Duka la Kahawa';
    expect(parties).toEqual([
      ['600951 - BENKI YA MFANO', us, 'Deposit of Funds from Bank'],
      [us, us, 'Utility Account to Organization Settlement Account'],
    ]);
    expect(postsTo(bench, '/confirmation')).toEqual([]);
    expect((await bench.post('/simulator/sweeps', {})).body).toMatchObject({ error: '174379 has KES 0 there.' });
    expect((await bench.post('/simulator/top-ups', { shortcode: '1', amountShillings: 1 })).status).toBe(404);
  });

  it('is paid and returned by people in the portal, and the customer hears of it', async () => {
    await using bench = await createBench({ b2cShortcode: 174379 });
    const paid = await pay(bench, 500);
    const receipt = paid.outcome === 'paid' ? paid.receipt : '';
    expect((await bench.post('/simulator/reversals-by-hand', { receipt })).body).toEqual({ receipt: expect.any(String) });
    expect((await bench.post('/simulator/reversals-by-hand', { receipt })).status).toBe(409);
    expect((await bench.post('/simulator/reversals-by-hand', { receipt: 'UKL1' })).status).toBe(404);
    bench.control.topUp({ amountShillings: 300 });
    bench.control.payByHand({ phone: PERSON, amountShillings: 300 });
    await bench.clock.advance(60_000);
    expect(bench.callbacks).toEqual([]);
    expect(bench.control.truth()).toMatchObject({
      receivedCents: '50000',
      sentCents: '80000',
      accounts: { '174379': { utilityShillings: 0 } },
    });
    expect(bench.control.truth().transactions.map(({ kind, byHand }) => [kind, byHand])).toEqual([
      ['c2b', false],
      ['reversal', true],
      ['top-up', false],
      ['b2c', true],
    ]);
    expect(bench.control.handset(PERSON).messages).toHaveLength(3);
    await requestsOf(bench).reverse({ TransactionID: receipt, Amount: 500 });
    await bench.clock.advance(10_000);
    expect(resultOf(lastResult(bench)).ResultCode).toBe('R000001');
  });

  it('calls a till’s account, or that of a store, a Merchant Account', async () => {
    await using bench = await createBench({ tillNumber: TILL, switches: { tillShortcode: 'till' } });
    const names = async (PartyA: string) => {
      await requestsOf(bench).balance({ PartyA });
      await bench.clock.advance(10_000);
      return /(Merchant|Utility) Account/.exec(String(parametersOf(lastResult(bench)).AccountBalance))?.[0];
    };
    expect([await names(TILL), await names('174379')]).toEqual(['Merchant Account', 'Utility Account']);
    bench.control.switch({ storeAccount: 'merchant' });
    expect(await names('174379')).toBe('Merchant Account');
  });
});
