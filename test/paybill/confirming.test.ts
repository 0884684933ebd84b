import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { newId } from '#ground/db/columns.ts';
import { requireConfirmed } from '#mpesa/paybill/confirmed.ts';
import { imprint } from '../attacks/imprint.ts';
import { callbackBody, latestAttempt, push } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';
import { confirm, newReceipt, noticeBody, openTasks, owe, payBill, register } from './paybill.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(() => world.stop());
beforeEach(() => world.database.sql('update reviews set closed_at = now() where closed_at is null'));

type Told = { id: string; receipt: string; confirmed: boolean; tries: number; due: boolean };

async function depositOf(receipt: string): Promise<Told> {
  const [row] = await world.database.sql<Told>(
    `select id, receipt, confirmed_at is not null as confirmed, confirmation_tries as tries, confirmation_due_at is not null as due from deposits where receipt = $1`,
    [receipt],
  );
  if (!row) throw new Error('There is no such deposit.');
  return row;
}

/** Money that a notice alone has told of; `real` when the simulator has moved it. */
async function told({ real }: { real: boolean }): Promise<Told> {
  if (real) {
    const paid = await payBill(world, { account: (await owe(world)).reference });
    return depositOf('receipt' in paid ? paid.receipt : '');
  }
  const receipt = newReceipt();
  await confirm(world, noticeBody({ TransID: receipt, BillRefNumber: (await owe(world)).reference }));
  return depositOf(receipt);
}

const pathOf = (depositId: string, ending = 'result') =>
  `/api/callbacks/deposit-status/${makeCallbackToken(world.app.config.callback.tokenKeys, 'deposit-status', depositId)}/${ending}`;

/** A status result as Safaricom writes it. */
function statusBody(receipt: string, changes: Record<string, string | number> = {}): string {
  const parameters = {
    TransactionStatus: 'Completed',
    Amount: 1250,
    ReceiptNo: receipt,
    CreditPartyName: '174379 - Duka',
    DebitPartyName: '254712345126 - W',
    ...changes,
  };
  return JSON.stringify({
    Result: {
      ResultType: 0,
      ResultCode: 0,
      ResultDesc: 'The service request is processed successfully.',
      OriginatorConversationID: '10816-694520-2',
      ConversationID: 'AG_20261121_000059c52529a8e080bd',
      TransactionID: 'UKL0000000',
      ResultParameters: { ResultParameter: Object.entries(parameters).map(([Key, Value]) => ({ Key, Value })) },
    },
  });
}

const refusal = (depositId: string) =>
  world.app.db
    .transaction((tx) => requireConfirmed(tx, [depositId]))
    .then(
      () => undefined,
      (error: { code?: string }) => error.code,
    );

test('money that only a notice has told of cannot leave before Safaricom confirms its receipt, which is asked after two minutes', async () => {
  const deposit = await told({ real: true });
  expect(deposit).toMatchObject({ confirmed: false, due: true });
  expect(await refusal(deposit.id)).toBe('receipt_unconfirmed');
  await world.pass(1);
  expect(await depositOf(deposit.receipt)).toMatchObject({ confirmed: false, tries: 0 });
  await world.pass(3);
  expect(await depositOf(deposit.receipt)).toMatchObject({ confirmed: true, tries: 1, due: false });
  expect(await refusal(deposit.id)).toBeUndefined();
});

test('a forged notice is never confirmed: it is asked about five times in two days, and becomes a task', async () => {
  const deposit = await told({ real: false });
  await world.pass(4);
  expect(await depositOf(deposit.receipt)).toMatchObject({ confirmed: false, tries: 1 });
  for (let hour = 0; hour < 40; hour += 1) {
    await world.clock.advance(60 * 60_000);
    await world.pass(2);
  }
  expect(await depositOf(deposit.receipt)).toMatchObject({ confirmed: false, tries: 5, due: false });
  expect(await openTasks(world)).toMatchObject({ deposit_unconfirmed: expect.any(Number) });
  expect(await refusal(deposit.id)).toBe('receipt_unconfirmed');
}, 60_000);

test('money that a prompt brought is proved by its callback, and nobody is asked', async () => {
  const { paymentId, prompt } = await push(world);
  const { path } = await latestAttempt(world, paymentId);
  if (!prompt) throw new Error('no prompt');
  const receipt = newReceipt();
  await world.send('POST', path, { body: callbackBody(prompt, { receipt }) });
  await confirm(world, noticeBody({ TransID: receipt, BillRefNumber: prompt.accountReference }));
  expect(await depositOf(receipt)).toMatchObject({ confirmed: true, due: false });
});

test('a callback that comes after the notice proves it', async () => {
  const { paymentId, prompt } = await push(world);
  const { path } = await latestAttempt(world, paymentId);
  if (!prompt) throw new Error('no prompt');
  const receipt = newReceipt();
  await confirm(world, noticeBody({ TransID: receipt, BillRefNumber: prompt.accountReference }));
  expect(await depositOf(receipt)).toMatchObject({ confirmed: false });
  await world.send('POST', path, { body: callbackBody(prompt, { receipt }) });
  expect(await depositOf(receipt)).toMatchObject({ confirmed: true });
});

test('a forged receipt that a query lent its proof loses it when the callback names the real one', async () => {
  const { paymentId, prompt } = await push(world, { phoneNumber: '254711111119' }); // pays, and the callback is lost
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  await world.pass(3);
  const forged = newReceipt();
  await confirm(world, noticeBody({ TransID: forged, BillRefNumber: prompt?.accountReference }));
  expect(await depositOf(forged)).toMatchObject({ confirmed: true });
  const { path } = await latestAttempt(world, paymentId);
  if (!prompt) throw new Error('no prompt');
  await world.send('POST', path, { body: callbackBody(prompt, { receipt: newReceipt() }) });
  expect(await depositOf(forged)).toMatchObject({ confirmed: false, due: true });
});

test('what is only told stands on an account of its own, so that a payout cannot spend it', async () => {
  const before = await unconfirmed();
  const deposit = await told({ real: false });
  expect((await unconfirmed()) - before).toBe(125_000n);
  await world.send('POST', pathOf(deposit.id), { body: statusBody(deposit.receipt) });
  expect((await unconfirmed()) - before).toBe(0n);
});

const unconfirmed = async (): Promise<bigint> => (await balances(world.app.db)).paybill_told ?? 0n;

describe('a status result', () => {
  test('costs one round trip: the first, a duplicate, a time-out and an unreadable one', async () => {
    const deposit = await told({ real: false });
    for (const [ending, body] of [
      ['timeout', '{}'],
      ['result', '{'],
      ['result', statusBody(deposit.receipt)],
      ['result', statusBody(deposit.receipt)],
    ] as const) {
      await world.database.resetRoundTrips();
      expect((await world.send('POST', pathOf(deposit.id, ending), { body })).status).toBe(200);
      expect(await world.database.roundTrips()).toBe(1);
    }
    expect(await depositOf(deposit.receipt)).toMatchObject({ confirmed: true });
    expect(await openTasks(world)).toEqual({});
  });

  test.each([
    ['another receipt', { ReceiptNo: 'UKX0000001' }, 1],
    ['another amount', { Amount: 1251 }, 1],
    ["another merchant's account", { CreditPartyName: '600999 - Another' }, 1],
    ['a declined transaction', { TransactionStatus: 'Declined' }, 1],
    ['a reversed one', { TransactionStatus: 'Reversed' }, 1],
    ['one that is not final', { TransactionStatus: 'Initiated' }, 0],
    ['a word nobody knows', { TransactionStatus: 'Wonderful' }, 0],
    ['no amount', { Amount: '' }, 0],
    ['an amount as an exponent', { Amount: '1.25e3' }, 0],
  ])('with %s confirms nothing', async (_, changes, tasks) => {
    const deposit = await told({ real: false });
    const body = statusBody(deposit.receipt, changes);
    for (let n = 0; n < 2; n += 1) await world.send('POST', pathOf(deposit.id), { body });
    expect(await depositOf(deposit.receipt)).toMatchObject({ confirmed: false, due: true });
    expect((await openTasks(world)).deposit_not_confirmed ?? 0).toBe(tasks);
    const [kept] = await world.database.sql('select count(*)::int as n from evidence where subject_id = $1', [deposit.id]);
    expect(kept).toEqual({ n: 1 });
  });

  test('many at once confirm once, and a later contradiction takes nothing back but asks a person', async () => {
    const deposit = await told({ real: false });
    await Promise.all(Array.from({ length: 16 }, () => world.send('POST', pathOf(deposit.id), { body: statusBody(deposit.receipt) })));
    await world.send('POST', pathOf(deposit.id), { body: statusBody(deposit.receipt, { TransactionStatus: 'Reversed' }) });
    expect(await depositOf(deposit.receipt)).toMatchObject({ confirmed: true });
    expect(await openTasks(world)).toEqual({ deposit_not_confirmed: 1 });
  });

  test('of one deposit does not confirm another, and a forged or foreign token costs no round trip', async () => {
    const [one, other] = [await told({ real: false }), await told({ real: false })];
    await world.send('POST', pathOf(one.id), { body: statusBody(other.receipt) });
    expect([await depositOf(one.receipt), await depositOf(other.receipt)]).toMatchObject([{ confirmed: false }, { confirmed: false }]);
    const before = await imprint(world.database);
    await world.database.resetRoundTrips();
    const foreign = makeCallbackToken(world.app.config.callback.tokenKeys, 'c2b', one.id);
    for (const token of [foreign, 'short', makeCallbackToken([createSecretKey(Buffer.alloc(32, 'x'))], 'deposit-status', one.id)]) {
      const response = await world.send('POST', `/api/callbacks/deposit-status/${token}/result`, { body: statusBody(one.receipt) });
      expect(response.status).toBe(404);
    }
    expect(await world.database.roundTrips()).toBe(0);
    expect(await imprint(world.database)).toEqual(before);
    expect((await world.send('POST', pathOf(newId()), { body: statusBody(one.receipt) })).status).toBe(200);
  });

  test('that blames the initiator stops the questions, lest it be locked', async () => {
    const deposit = await told({ real: false });
    const body = JSON.stringify({
      Result: {
        ResultType: 0,
        ResultCode: 2001,
        ResultDesc: 'x',
        OriginatorConversationID: 'a-1',
        ConversationID: 'AG_1',
        TransactionID: 'UKL0000000',
      },
    });
    await world.send('POST', pathOf(deposit.id), { body });
    expect(await openTasks(world)).toMatchObject({ payouts_stopped: 1 });
    await world.pass(4);
    expect(await depositOf(deposit.receipt)).toMatchObject({ tries: 0, due: true });
    await world.database.sql('delete from stops');
  });
});

test('without an initiator deposits wait unconfirmed, and nobody is asked', async () => {
  const deposit = await told({ real: true });
  const { initiator } = world.app.config;
  world.app.config.initiator = undefined;
  await world.pass(5);
  expect(await depositOf(deposit.receipt)).toMatchObject({ confirmed: false, tries: 0, due: true });
  world.app.config.initiator = initiator;
  await world.pass(2);
  expect(await depositOf(deposit.receipt)).toMatchObject({ confirmed: true });
});
