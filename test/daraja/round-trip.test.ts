import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseAccountBalanceResult } from '#mpesa/daraja/parse-account-balance-result.ts';
import { parseB2cResult } from '#mpesa/daraja/parse-b2c-result.ts';
import { parseC2bNotice } from '#mpesa/daraja/parse-c2b.ts';
import { parseReversalResult } from '#mpesa/daraja/parse-reversal-result.ts';
import { parseTransactionStatusResult } from '#mpesa/daraja/parse-transaction-status-result.ts';
import { type Bench, createBench, PERSON } from '../simulator/bench.ts';
import { createClient, errorOf } from './fake-safaricom.ts';
import { INITIATOR } from './initiator.ts';

const PASSKEY = 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919';
const SETTLED_MS = 10_000;

function merchantAt(bench: Bench, password = 'Simulator2026!') {
  const at = (path: string) => new URL(path, bench.callbackUrl).href;
  const { daraja } = createClient(bench.simulator.url, {
    consumerKey: 'local-key',
    consumerSecret: 'local-secret',
    passkey: PASSKEY,
    clock: bench.clock,
    timeoutMs: 5_000,
    initiator: { ...INITIATOR, shortcode: '600996', password },
  });
  const urls = { resultUrl: at('/result'), timeoutUrl: at('/timeout') };
  const payout = {
    originatorConversationId: 'payout-1',
    phone: PERSON,
    amountShillings: 500,
    commandId: 'BusinessPayment' as const,
    remarks: 'Refund',
    occasion: '',
    ...urls,
  };
  const addresses = { responseType: 'Completed' as const, confirmationUrl: at('/confirmation'), validationUrl: at('/validation') };
  /** The next body told at a path, after whatever falls due. */
  const told = async (path: string) => {
    await bench.clock.advance(SETTLED_MS);
    return bench.callbacks.findLast(({ url }) => url === path)?.text ?? '';
  };
  /** Lets a person pay 120 shillings to the paybill and gives the notice. */
  const receive = async (version: 'v1' | 'v2' = 'v2') => {
    await daraja.registerC2bUrls({ version, ...addresses });
    await simulateCustomer(bench.simulator.url, version);
    return parseC2bNotice(await told('/confirmation'));
  };
  return { daraja, urls, payout, told, receive };
}

/** A person pays, as Safaricom's sandbox lets developers play it. */
async function simulateCustomer(url: string, version: 'v1' | 'v2') {
  const authorization = `Basic ${btoa('local-key:local-secret')}`;
  const token = await fetch(`${url}/oauth/v1/generate?grant_type=client_credentials`, { headers: { authorization } });
  const { access_token } = (await token.json()) as { access_token: string };
  const payment = { ShortCode: '174379', CommandID: 'CustomerPayBillOnline', Amount: 120, Msisdn: PERSON, BillRefNumber: 'ORD-4K7Q2M' };
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/mpesa/c2b/${version}/simulate`, { method: 'POST', headers, body: JSON.stringify(payment) });
  expect(answer.status).toBe(200);
}

describe('against a simulated M-PESA', () => {
  it('a payout is acknowledged, told and found again', async () => {
    await using bench = await createBench();
    const { daraja, payout, urls, told } = merchantAt(bench);
    const accepted = await daraja.sendB2c(payout);
    expect(accepted.originatorConversationId).toBe('payout-1');
    const result = parseB2cResult(await told('/result'));
    const { receipt } = bench.control.truth().transactions[0] ?? {};
    expect(result).toMatchObject({
      says: 'done',
      amountCents: 50_000n,
      receipt,
      utilityCents: 99_950_000n,
      recipient: { phone: { full: PERSON } },
    });
    expect(result.conversationId).toBe(accepted.conversationId);

    await daraja.askTransactionStatus({ originatorConversationId: 'payout-1', ...urls });
    expect(parseTransactionStatusResult(await told('/result'))).toMatchObject({
      says: 'completed',
      receipt,
      amountCents: 50_000n,
      askedOriginatorConversationId: 'payout-1',
    });
  });

  it('a payout sent twice with its id is paid once', async () => {
    await using bench = await createBench();
    const { daraja, payout, told } = merchantAt(bench);
    await daraja.sendB2c(payout);
    expect(await errorOf(daraja.sendB2c(payout))).toMatchObject({ kind: 'unclear', reason: 'duplicate_request' });
    await told('/result');
    expect(bench.control.truth()).toMatchObject({ sentCents: '50000' });
  });

  it('a payout above the float fails, and one of a wrong initiator too', async () => {
    await using bench = await createBench({ b2cFloatShillings: 100 });
    const { daraja, payout, told } = merchantAt(bench);
    await daraja.sendB2c(payout);
    expect(parseB2cResult(await told('/result'))).toMatchObject({ says: 'failed', resultCode: '1' });
    const other = merchantAt(bench, 'wrong');
    await other.daraja.sendB2c({ ...other.payout, originatorConversationId: 'payout-2' });
    expect(parseB2cResult(await told('/result'))).toMatchObject({ says: 'failed', resultCode: '2001' });
  });

  it('a paybill payment is told with the phone masked by v2 and hashed by v1', async () => {
    await using bench = await createBench();
    const { receive } = merchantAt(bench);
    const masked = await receive('v2');
    const { receipt } = bench.control.truth().transactions[0] ?? {};
    expect(masked).toMatchObject({
      kind: 'paybill',
      transactionId: receipt,
      amountCents: 12_000n,
      reference: 'ORD-4K7Q2M',
      shortcode: '174379',
    });
    expect(masked.phone).toEqual({ tail: PERSON.slice(-3) });
    expect((await receive('v1')).phone).toEqual({ sha256: createHash('sha256').update(PERSON).digest('hex') });
  });

  it('a payment is found by its receipt, returned once and pulled', async () => {
    await using bench = await createBench();
    const { daraja, urls, told, receive } = merchantAt(bench);
    const { transactionId: receipt = '', amountCents } = await receive();
    await daraja.askTransactionStatus({ receipt, shortcode: '174379', ...urls });
    expect(parseTransactionStatusResult(await told('/result'))).toMatchObject({ says: 'completed', receipt, amountCents });

    const reversal = { receipt, amountShillings: 120, remarks: 'Order cancelled', ...urls };
    await daraja.reverseTransaction(reversal);
    expect(parseReversalResult(await told('/result'))).toMatchObject({ says: 'done', originalReceipt: receipt, amountCents });
    await daraja.reverseTransaction(reversal);
    expect(parseReversalResult(await told('/result'))).toMatchObject({ says: 'unclear', resultCode: 'R000001' });

    await daraja.registerPull({ phone: PERSON, callbackUrl: urls.resultUrl });
    const page = await daraja.queryPull({ from: new Date('2026-11-21T00:00:00Z'), to: new Date('2026-11-21T20:00:00Z'), offset: 0 });
    expect(page.unreadable).toEqual([]);
    expect(page.transactions.find(({ transactionId }) => transactionId === receipt)).toMatchObject({
      amountCents,
      reference: 'ORD-4K7Q2M',
    });
  });

  it('the balances of the paying short code are told', async () => {
    await using bench = await createBench();
    const { daraja, urls, told } = merchantAt(bench);
    await daraja.askAccountBalance(urls);
    const { says, accounts } = parseAccountBalanceResult(await told('/result'));
    expect(says).toBe('done');
    expect(accounts.find(({ account }) => account === 'Utility Account')?.availableCents).toBe(100_000_000n);
  });

  it('addresses registered before are refused as such', async () => {
    await using bench = await createBench({ switches: { c2bMode: 'production' } });
    const { receive } = merchantAt(bench);
    await receive().catch(() => undefined);
    expect(await errorOf(receive())).toMatchObject({ kind: 'refused', reason: 'already_registered' });
  });
});
