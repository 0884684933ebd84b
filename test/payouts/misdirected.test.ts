import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { openTasks } from '../paybill/paybill.ts';
import { newPhone, push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

let world: World;
let staff: [Record<string, string>, Record<string, string>];
beforeAll(async () => {
  world = await startWorld({ environment: { PAYOUT_ALONE_PER_DAY_SHILLINGS: '1000000', PAYOUT_ALONE_PER_PAYEE_SHILLINGS: '1000000' } });
  staff = [await signedIn(world, 'treasurer'), await signedIn(world, 'admin')];
  await push(world, { phoneNumber: '254708374149', items: [{ sku: 'coffee', quantity: 90 }] }); // pays by itself
  await world.pass(2);
});
afterAll(() => world.stop());
beforeEach(() => world.database.sql('update reviews set closed_at = now() where closed_at is null'));

type Withdrawal = { id: string; state: string; receipt: string | null; conversation_id: string | null };
const withdrawalOf = async (payoutId: string): Promise<Withdrawal> => {
  const [row] = await world.database.sql<Withdrawal>('select id, state, receipt, conversation_id from withdrawals where payout_id = $1', [
    payoutId,
  ]);
  if (!row) throw new Error('Nothing was sent.');
  return row;
};

/** A payout that is under way: its result has not come. */
async function underWay(amount: number, plan: Record<string, unknown> = { lost: true }) {
  const phone = newPhone();
  world.simulator.control.plan({ api: 'b2c', next: 1, ...plan });
  const asked = await world.send('POST', '/api/payouts', { body: { amount, reason: 'Rent', phoneNumber: phone }, headers: staff[0] });
  const { payoutId } = (await asked.json()) as { payoutId: string };
  await world.send('POST', `/api/payouts/${payoutId}/decision`, { body: {}, headers: staff[1] });
  await world.pass(1);
  return { payoutId, phone, ...(await withdrawalOf(payoutId)) };
}

const addressOf = (id: string, kind: 'b2c' | 'reversal' = 'b2c') =>
  `/api/callbacks/${kind}/${makeCallbackToken(world.app.config.callback.tokenKeys, kind, id)}/result`;

/** A result as Safaricom writes it. */
function result(about: {
  originator?: string;
  conversation?: string;
  receipt?: string;
  id?: string;
  amount?: number;
  phone?: string;
  code?: number;
}) {
  const {
    originator = '10816-694520-2',
    conversation = 'AG_20261121_00000000000000000000',
    receipt = 'UKL7PFM0SH',
    id = receipt,
    code = 0,
  } = about;
  const parameters = {
    TransactionAmount: about.amount,
    TransactionReceipt: receipt,
    ReceiverPartyPublicName: `${about.phone} - WANJIKU`,
    TransactionCompletedDateTime: '21.11.2026 12:01:00',
  };
  return {
    Result: {
      ...{
        ResultType: 0,
        ResultCode: code,
        ResultDesc: 'x',
        OriginatorConversationID: originator,
        ConversationID: conversation,
        TransactionID: id,
      },
      ...(code === 0 && { ResultParameters: { ResultParameter: Object.entries(parameters).map(([Key, Value]) => ({ Key, Value })) } }),
    },
  };
}

describe("a result at a payout's own address", () => {
  test.each([
    ['a success of another payout', { code: 0 }],
    ['a failure of another payout', { code: 2001 }],
  ])('%s moves nothing, and its own settles it afterwards', async (_, { code }) => {
    const [mine, other] = [await underWay(400), await underWay(400)];
    const before = await balances(world.app.db);
    const body = result({
      originator: other.id,
      conversation: other.conversation_id ?? '',
      amount: 400,
      phone: other.phone,
      receipt: 'UKLOTHERS1',
      code,
    });
    expect((await world.send('POST', addressOf(mine.id), { body })).status).toBe(200);
    expect(await balances(world.app.db)).toEqual(before);
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: 'unknown', receipt: null });
    expect(await openTasks(world)).toMatchObject({ payout_other_conversation: 1 });
    await world.pass(8); // its status is asked
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: 'paid', receipt: expect.not.stringMatching('UKLOTHERS1') });
    expect(await openTasks(world)).not.toHaveProperty('payout_other_conversation');
  });

  test("a reversal's result that was made for another one moves nothing, and its own settles it afterwards", async () => {
    const reverse = async (amount: number) => {
      const phoneNumber = newPhone();
      const { paymentId, prompt } = await push(world, { phoneNumber, type: 'donation', items: [{ sku: 'gift', amount }] });
      await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
      await world.pass(1);
      world.simulator.control.plan({ api: 'reversal', next: 1, lost: true });
      const asked = await world.send('POST', '/api/refunds', { body: { paymentId, reason: 'Twice' }, headers: staff[0] });
      const { payoutId } = (await asked.json()) as { payoutId: string };
      await world.send('POST', `/api/payouts/${payoutId}/decision`, { body: {}, headers: staff[1] });
      await world.pass(1);
      return { payoutId, ...(await withdrawalOf(payoutId)) };
    };
    const [mine, other] = [await reverse(90), await reverse(90)];
    const before = await balances(world.app.db);
    const body = result({ originator: other.id, conversation: other.conversation_id ?? '', amount: 90, receipt: 'UKLOTHERS2' });
    expect((await world.send('POST', addressOf(mine.id, 'reversal'), { body })).status).toBe(200);
    expect(await balances(world.app.db)).toEqual(before);
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: 'unknown', receipt: null });
    await world.pass(8);
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: 'paid' });
  });

  test('a balance, or the status of something else, moves nothing', async () => {
    const mine = await underWay(410);
    const balance = { Key: 'AccountBalance', Value: 'Utility Account|KES|1.00|1.00|0.00|0.00' };
    const body = result({ amount: 410, phone: mine.phone });
    for (const parameters of [
      [balance],
      [
        { Key: 'TransactionStatus', Value: 'Completed' },
        { Key: 'ReceiptNo', Value: 'UKLSTATUS1' },
      ],
    ]) {
      const other = { Result: { ...body.Result, ResultParameters: { ResultParameter: parameters } } };
      await world.send('POST', addressOf(mine.id), { body: other });
    }
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: 'unknown', receipt: null });
  });

  test('whose acknowledgement was lost is adopted when payee and amount agree, and not when one differs', async () => {
    const mine = await underWay(420, { responseLost: true, lost: true });
    expect(mine.conversation_id).toBeNull();
    const good = { amount: 420, phone: mine.phone, receipt: 'UKLADOPTED' };
    for (const wrong of [
      { ...good, amount: 421 },
      { ...good, phone: newPhone() },
      { ...good, code: 2001 },
    ]) {
      await world.send('POST', addressOf(mine.id), { body: result(wrong) });
      expect(await withdrawalOf(mine.payoutId)).toMatchObject({ receipt: null });
    }
    await world.send('POST', addressOf(mine.id), { body: result(good) });
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: 'paid', receipt: 'UKLADOPTED' });
  });

  test('with two receipts is decided by the status, and a task until then', async () => {
    const mine = await underWay(430);
    const ids = { originator: mine.id, conversation: mine.conversation_id ?? '' };
    await world.send('POST', addressOf(mine.id), {
      body: result({ ...ids, amount: 430, phone: mine.phone, receipt: 'UKLFIRST01', id: 'UKLSECOND1' }),
    });
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: 'unknown', receipt: null });
    expect(await openTasks(world)).toMatchObject({ payout_two_receipts: 1 });
    await world.pass(8);
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: 'paid', receipt: expect.stringMatching(/^UK/) });
    expect(await openTasks(world)).not.toHaveProperty('payout_two_receipts');
  });

  test('at the end the books are what Safaricom says', async () => {
    await world.pass(20);
    const { floatCents, truthCents, clearingCents } = await booksBalance(world);
    expect({ floatCents, clearingCents }).toEqual({ floatCents: truthCents, clearingCents: 0n });
  });
});
