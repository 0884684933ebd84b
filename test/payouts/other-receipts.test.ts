import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { settleWithdrawal } from '#mpesa/payouts/settle-withdrawal.ts';
import { openTasks } from '../paybill/paybill.ts';
import { newPhone, push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

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
  return { payoutId, phone, amount, ...(await withdrawalOf(payoutId)) };
}
type UnderWay = Awaited<ReturnType<typeof underWay>>;

/** Safaricom says that this payout was paid, with these receipts and ids. */
async function tell(mine: UnderWay, receipt: string, changes: { id?: string; originator?: string; conversation?: string } = {}) {
  const { id = receipt, originator = mine.id, conversation = mine.conversation_id ?? '' } = changes;
  const parameters = {
    TransactionAmount: mine.amount,
    TransactionReceipt: receipt,
    ReceiverPartyPublicName: `${mine.phone} - WANJIKU`,
    TransactionCompletedDateTime: '21.11.2026 12:01:00',
  };
  const Result = {
    ...{
      ResultType: 0,
      ResultCode: 0,
      ResultDesc: 'x',
      OriginatorConversationID: originator,
      ConversationID: conversation,
      TransactionID: id,
    },
    ResultParameters: { ResultParameter: Object.entries(parameters).map(([Key, Value]) => ({ Key, Value })) },
  };
  const address = `/api/callbacks/b2c/${makeCallbackToken(world.app.config.callback.tokenKeys, 'b2c', mine.id)}/result`;
  return (await world.send('POST', address, { body: { Result } })).status;
}

describe("a result with a payout's own ids", () => {
  test('that names another receipt than the one it was paid with changes nothing and asks a person', async () => {
    const mine = await underWay(500);
    expect(await tell(mine, 'UKLFIRST11')).toBe(200);
    const before = await balances(world.app.db);
    expect(await tell(mine, 'UKLOTHER11')).toBe(200);
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: 'paid', receipt: 'UKLFIRST11' });
    expect(await balances(world.app.db)).toEqual(before);
    expect(await openTasks(world)).toMatchObject({ payout_second_receipt: 1 });
  });

  test('that names the receipt of another payout does not settle it: a person is asked', async () => {
    const [mine, other] = [await underWay(510), await underWay(510)];
    expect(await tell(other, 'UKLOTHER22')).toBe(200);
    const before = await balances(world.app.db);
    expect(await tell(mine, 'UKLOTHER22')).toBe(200);
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: expect.not.stringMatching('paid'), receipt: null });
    expect(await balances(world.app.db)).toEqual(before);
    expect(await openTasks(world)).toMatchObject({ payout_receipt_used: 1 });
  });

  test("that names the proved receipt of a customer's payment does not settle it, and the payment stays", async () => {
    const mine = await underWay(520);
    const [paid] = await world.database.sql<{ receipt: string }>(
      'select receipt from deposits where receipt is not null and receipt_proved_at is not null limit 1',
    );
    const before = await balances(world.app.db);
    expect(await tell(mine, paid?.receipt ?? '')).toBe(200);
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: expect.not.stringMatching('paid'), receipt: null });
    expect(await balances(world.app.db)).toEqual(before);
    expect(await world.database.sql('select merged_into, refuted_at from deposits where receipt = $1', [paid?.receipt])).toEqual([
      { merged_into: null, refuted_at: null },
    ]);
    expect(await openTasks(world)).toMatchObject({ payout_receipt_used: 1 });
  });

  test('that names two receipts once it was paid is nothing new, and gives it none of them', async () => {
    const mine = await underWay(530);
    expect(await tell(mine, 'UKLFIRST33')).toBe(200);
    expect(await tell(mine, 'UKLFIRST33', { id: 'UKLSECOND3' })).toBe(200);
    expect(await openTasks(world)).toEqual({});
    await world.database.sql('update withdrawals set receipt = null where id = $1', [mine.id]); // as an earlier release may have left it
    expect(await tell(mine, 'UKLTHIRD33', { id: 'UKLFOURTH3' })).toBe(200);
    expect(await withdrawalOf(mine.payoutId)).toMatchObject({ state: 'paid', receipt: null });
    expect(await openTasks(world)).toEqual({});
  });
});

describe('where the acknowledgement was lost a result is not adopted, though payee and amount agree, whose ids are', () => {
  const settled = async (
    about: (other: UnderWay) => Parameters<typeof tell>[2] | Promise<Parameters<typeof tell>[2]>,
    receipt: string,
    others: Record<string, unknown> = { lost: true },
  ) => {
    const mine = await underWay(540, { responseLost: true, lost: true });
    expect(mine.conversation_id).toBeNull();
    const ids = await about(await underWay(540, others));
    expect(await tell(mine, receipt, ids)).toBe(200);
    expect(await openTasks(world)).toMatchObject({ payout_other_conversation: 1 });
    return withdrawalOf(mine.payoutId);
  };
  const unknown = 'AG_20261121_00000000000000000099';

  test('those of a question of ours', async () => {
    const conversation = 'AG_20261121_00000000000000000088';
    await world.send('POST', '/api/transaction-status', { body: { receipt: 'UKLASKED44' }, headers: staff[1] });
    const asked = await world.database.sql(
      "update inquiries set conversation_id = $1 where receipt = 'UKLASKED44' returning conversation_id",
      [conversation],
    );
    expect(asked).toHaveLength(1);
    expect(await settled(() => ({ originator: '10816-1-1', conversation }), 'UKLADOPT41')).toMatchObject({ receipt: null });
  });

  test('those by which another payout was sent', async () => {
    const unheard = { responseLost: true, lost: true }; // its own acknowledgement was lost too
    expect(await settled(({ id }) => ({ originator: id, conversation: unknown }), 'UKLADOPT42', unheard)).toMatchObject({ receipt: null });
  });

  test("those that Safaricom has given another payout's request", async () => {
    const given = async ({ id }: UnderWay) => {
      await world.database.sql("update withdrawals set originator_conversation_id = '10816-777-7' where id = $1", [id]);
      return { originator: '10816-777-7', conversation: unknown };
    };
    expect(await settled(given, 'UKLADOPT43')).toMatchObject({ receipt: null });
  });

  test("another payout's conversation", async () => {
    expect(
      await settled(({ conversation_id }) => ({ originator: '10816-1-2', conversation: conversation_id ?? '' }), 'UKLADOPT44'),
    ).toMatchObject({ receipt: null });
  });
});

test('an unclear answer about its status asks no sooner than the ladder does', async () => {
  const mine = await underWay(550);
  const due = new Date(world.clock.now().getTime() + 3_600_000);
  await world.database.sql('update withdrawals set query_due_at = $2 where id = $1', [mine.id, due]);
  const finding = { withdrawalId: mine.id, source: 'transaction-status' as const, body: 'unclear', says: 'unclear' as const };
  await settleWithdrawal({ db: world.app.db, now: world.clock.now() }, { ...finding, shortcode: '174379' });
  expect(await world.database.sql('select query_due_at from withdrawals where id = $1', [mine.id])).toEqual([{ query_due_at: due }]);
  await settleWithdrawal({ db: world.app.db, now: world.clock.now() }, { ...finding, source: 'b2c', shortcode: '174379' });
  const [row] = await world.database.sql<{ soon: boolean }>('select query_due_at < $2 as soon from withdrawals where id = $1', [
    mine.id,
    due,
  ]);
  expect(row).toEqual({ soon: true });
});
