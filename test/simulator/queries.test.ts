import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Bench, createBench, PERSON } from './bench.ts';
import { B2C_SHORTCODE, credential, parametersOf, postsTo, requestsOf, resultOf } from './requests.ts';

const recorded = (path: string) => JSON.parse(readFileSync(`test/callbacks/${path}.json`, 'utf8')).Result;
const keysOf = (result: { ResultParameters: { ResultParameter: { Key: string }[] } }) =>
  result.ResultParameters.ResultParameter.map(({ Key }) => Key);
const lastResult = (bench: Bench) => postsTo(bench, '/result').at(-1);

/** A payment of KES 350 by STK push; its receipt. */
async function paid(bench: Bench): Promise<string> {
  const { body } = await bench.push();
  await bench.control.answer(body.CheckoutRequestID, { pin: '1234' });
  return bench.control.truth().transactions.at(-1)?.receipt ?? '';
}

describe('the transaction status', () => {
  it('of a received payment is found by its receipt, in the recorded shape', async () => {
    await using bench = await createBench();
    const receipt = await paid(bench);
    const { body } = await requestsOf(bench).status({ TransactionID: receipt, Occasion: 'OK' });
    expect(body.OriginatorConversationID).toMatch(/^[0-9a-f]{4}-/);
    await bench.clock.advance(10_000);
    const told = resultOf(lastResult(bench));
    const sample = recorded('transaction-status/transaction-status-result-0-completed-2024');
    expect(Object.keys(told)).toEqual(Object.keys(sample));
    expect(keysOf(told)).toEqual(keysOf(sample));
    expect(told.ReferenceData).toEqual(sample.ReferenceData);
    expect(told).toMatchObject({ ResultCode: 0, ConversationID: body.ConversationID, TransactionID: 'UKL0000000' });
    expect(parametersOf(lastResult(bench))).toMatchObject({
      DebitPartyName: '254712345678 - Amina Kipchumba Wafula',
      CreditPartyName: '174379 - Duka la Kahawa',
      TransactionStatus: 'Completed',
      ReasonType: 'Pay Bill Online',
      InitiatedTime: 20261121151530,
      Amount: 350,
      ReceiptNo: receipt,
    });
    expect(told.ResultParameters.ResultParameter).toContainEqual({ Key: 'CreditPartyCharges' });
  });

  it('of a customer’s own payment carries ids too, and is found by them', async () => {
    await using bench = await createBench();
    const { status } = requestsOf(bench);
    await bench.control.payBill({ phone: PERSON, amountShillings: 20, account: 'A' });
    const { receipt, originatorConversationId, conversationId } = bench.control.truth().transactions[0] ?? {};
    for (const named of [{ TransactionID: receipt }, { OriginalConversationID: originatorConversationId }]) {
      await status(named);
      await bench.clock.advance(10_000);
      expect(parametersOf(lastResult(bench))).toMatchObject({
        OriginatorConversationID: expect.stringMatching(/^[0-9a-f]{4}-/),
        ConversationID: conversationId,
        ReceiptNo: receipt,
      });
    }
  });

  it.each([
    ['Completed', {}, 60_000],
    ['Completed', { timedOut: true, lost: true }, 60_000],
    ['Authorized', { delayMs: 600_000 }, 60_000],
    ['Authorized', { timedOut: true, lateMs: 600_000 }, 60_000],
    ['Expired', { timedOut: true, outcome: 'dropped' }, 60_000],
    ['Declined', { outcome: 'status-forbids' }, 60_000],
  ] as const)('of a payout is found by the merchant’s own id: %s after %j', async (TransactionStatus, plan, ms) => {
    await using bench = await createBench();
    const { payout, status } = requestsOf(bench);
    bench.control.plan({ api: 'b2c', next: 1, ...plan });
    await payout();
    await bench.clock.advance(ms);
    await status({ OriginalConversationID: 'payout-1', PartyA: B2C_SHORTCODE });
    await bench.clock.advance(10_000);
    const [moved] = bench.control.truth().transactions;
    expect(moved !== undefined).toBe(TransactionStatus === 'Completed');
    expect(parametersOf(lastResult(bench))).toMatchObject({ TransactionStatus, Amount: 500, OriginatorConversationID: 'payout-1' });
    expect(parametersOf(lastResult(bench)).ReceiptNo).toBe(moved?.receipt);
  });

  it('of something unknown is a failure, and wrong credentials are 2001 as recorded', async () => {
    await using bench = await createBench();
    const { status } = requestsOf(bench);
    await status({ TransactionID: 'UKL1234567' });
    await bench.clock.advance(10_000);
    expect(resultOf(lastResult(bench))).toMatchObject({ ResultCode: 'SFC_IC0003', TransactionID: 'UKL0000000' });
    await status({ TransactionID: 'UKL1234567', SecurityCredential: credential('guessed'), Occasion: 'xf' });
    await bench.clock.advance(10_000);
    const sample = recorded('transaction-status/transaction-status-result-2001-2018');
    const { OriginatorConversationID, ConversationID } = resultOf(lastResult(bench));
    expect(resultOf(lastResult(bench))).toEqual({ ...sample, OriginatorConversationID, ConversationID, TransactionID: 'UKL0000000' });
  });

  it('needs an id and well-formed fields', async () => {
    await using bench = await createBench();
    const { status } = requestsOf(bench);
    expect((await status({})).body.errorMessage).toBe('Bad Request - Invalid TransactionID');
    for (const [field, value] of Object.entries({ Initiator: '', CommandID: 'Query', PartyA: 'x', IdentifierType: 3, ResultURL: 'x' })) {
      expect((await status({ TransactionID: 'UKL1234567', [field]: value })).body.errorMessage).toBe(`Bad Request - Invalid ${field}`);
    }
  });

  it('is timed out, lost and repeated as planned', async () => {
    await using bench = await createBench();
    const { status } = requestsOf(bench);
    bench.control.plan({ api: 'transactionstatus', next: 1, timedOut: true, outcome: 'dropped' });
    bench.control.plan({ api: 'transactionstatus', next: 1, lost: true });
    bench.control.plan({ api: 'transactionstatus', next: 1, copies: 3 });
    for (let i = 0; i < 3; i += 1) await status({ TransactionID: 'UKL1234567' });
    await bench.clock.advance(60_000);
    expect(bench.callbacks.map(({ url }) => url)).toEqual(['/timeout', '/result', '/result', '/result']);
  });
});

describe('the account balance', () => {
  it('tells all accounts of a short code in one text', async () => {
    await using bench = await createBench();
    const { payout, balance } = requestsOf(bench);
    await paid(bench);
    await payout();
    bench.control.setFloat({ shortcode: B2C_SHORTCODE, workingShillings: 700 });
    await bench.clock.advance(10_000);
    await balance();
    await balance({ PartyA: 174379 });
    await bench.clock.advance(10_000);
    const [paying, collecting] = postsTo(bench, '/result').slice(-2);
    expect(parametersOf(paying)).toEqual({
      ActionType: 'AccountBalance',
      AccountBalance:
        'Working Account|KES|700.00|700.00|0.00|0.00&Utility Account|KES|999500.00|999500.00|0.00|0.00&Charges Paid Account|KES|0.00|0.00|0.00|0.00&Organization Settlement Account|KES|0.00|0.00|0.00|0.00',
      BOCompletedTime: 20261121151542,
    });
    expect(parametersOf(collecting).AccountBalance).toContain('Utility Account|KES|350.00|350.00|0.00|0.00');
    const sample = recorded('account-balance/documented/account-balance-result-0-documented-quoted-codes');
    expect(Object.keys(resultOf(paying))).toEqual(Object.keys(sample));
    expect(keysOf(resultOf(paying))).toEqual(['ActionType', ...keysOf(sample)]);
    expect(resultOf(paying).TransactionID).toBe('UKL0000000');
  });

  it('is of one account where one short code collects and pays', async () => {
    await using bench = await createBench({ b2cShortcode: 174379 });
    const { payout } = requestsOf(bench);
    await paid(bench);
    await payout({ PartyA: 174379, Amount: 351, OriginatorConversationID: 'a' });
    await payout({ PartyA: 174379, Amount: 340, OriginatorConversationID: 'b' });
    await bench.clock.advance(10_000);
    expect(postsTo(bench, '/result').map((callback) => resultOf(callback).ResultCode)).toEqual([1, 0]);
    const { receivedCents, sentCents, accounts } = bench.control.truth();
    expect(BigInt(receivedCents) - BigInt(sentCents)).toBe(1_000n);
    expect(accounts).toEqual({
      '174379': { workingShillings: 0, utilityShillings: 10, chargesShillings: 0, settlementShillings: 0 },
    });
  });

  it('checks its fields', async () => {
    await using bench = await createBench();
    const { balance } = requestsOf(bench);
    for (const [field, value] of Object.entries({ SecurityCredential: '', CommandID: 'Balance', PartyA: '1', QueueTimeOutURL: '' })) {
      expect((await balance({ [field]: value })).body.errorMessage).toBe(`Bad Request - Invalid ${field}`);
    }
  });
});

describe('a reversal', () => {
  it('gives the whole payment back once, in the documented shape, and counts as sent', async () => {
    await using bench = await createBench();
    const { reverse } = requestsOf(bench);
    const receipt = await paid(bench);
    await reverse({ TransactionID: receipt, Amount: 350 });
    await bench.clock.advance(10_000);
    const sample = recorded('reversal/documented/reversal-result-0-documented');
    const told = resultOf(lastResult(bench));
    expect(Object.keys(told)).toEqual(Object.keys(sample));
    expect(keysOf(told)).toEqual(keysOf(sample));
    const [original, reversal] = bench.control.truth().transactions;
    expect(told.TransactionID).toBe(reversal?.receipt);
    expect(lastResult(bench)?.text).toContain('{"Key":"Amount","Value":350.00}');
    expect(parametersOf(lastResult(bench))).toMatchObject({
      DebitAccountBalance: 'Utility Account|KES|0.00|0.00|0.00|0.00',
      OriginalTransactionID: receipt,
      CreditPartyPublicName: '254712345678 - Amina Kipchumba Wafula',
      DebitPartyPublicName: '174379 - Duka la Kahawa',
    });
    expect(original).toMatchObject({ kind: 'stk', amountShillings: 350 });
    expect(reversal).toMatchObject({ kind: 'reversal', phone: PERSON, amountShillings: 350, reverses: receipt });
    expect(bench.control.truth()).toMatchObject({ receivedCents: '35000', sentCents: '35000' });
    expect(bench.control.handset(PERSON).balanceShillings).toBe(100_000);
    expect(bench.control.handset(PERSON).messages[0]?.text).toContain(`The payment ${receipt} of Ksh350.00`);
    await reverse({ TransactionID: receipt, Amount: 350 });
    await bench.clock.advance(10_000);
    expect(resultOf(lastResult(bench))).toMatchObject({ ResultCode: 'R000001', TransactionID: 'UKL0000000' });
    expect(bench.control.truth().sentCents).toBe('35000');
  });

  it.each([
    [{ TransactionID: 'UKL1234567' }, 'R000002'],
    [{ Amount: 349 }, 25],
    [{ ReceiverParty: B2C_SHORTCODE }, 'R000002'],
    [{ ReceiverParty: '600000' }, 2001],
    [{ RecieverIdentifierType: '4' }, 0],
  ])('goes by the receipt, the amount and the receiver: %j is %s', async (changes, code) => {
    await using bench = await createBench();
    const receipt = await paid(bench);
    await requestsOf(bench).reverse({ TransactionID: receipt, Amount: 350, ...changes });
    await bench.clock.advance(10_000);
    expect(resultOf(lastResult(bench)).ResultCode).toBe(code);
    expect(bench.control.truth().sentCents).toBe(code === 0 ? '35000' : '0');
  });

  it('of a payout, or of money that is spent, fails', async () => {
    await using bench = await createBench();
    const { payout, reverse } = requestsOf(bench);
    await payout();
    await bench.clock.advance(10_000);
    await reverse({ TransactionID: bench.control.truth().transactions[0]?.receipt, Amount: 500, ReceiverParty: B2C_SHORTCODE });
    await bench.clock.advance(10_000);
    const sample = recorded('reversal/documented/reversal-result-R000002-documented');
    expect(resultOf(lastResult(bench))).toMatchObject({ ResultCode: sample.ResultCode, ResultDesc: sample.ResultDesc });
    const receipt = await paid(bench);
    bench.control.setFloat({ shortcode: '174379', utilityShillings: 349 });
    await reverse({ TransactionID: receipt, Amount: 350 });
    await bench.clock.advance(10_000);
    expect(resultOf(lastResult(bench)).ResultCode).toBe(1);
  });

  it('wants the misspelt field', async () => {
    await using bench = await createBench();
    const reply = await requestsOf(bench).reverse({
      TransactionID: 'UKL1234567',
      Amount: 1,
      RecieverIdentifierType: '',
      ReceiverIdentifierType: '11',
    });
    expect(reply.body.errorMessage).toBe('Bad Request - Invalid RecieverIdentifierType');
  });
});
