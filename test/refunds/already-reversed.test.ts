import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// "Already reversed" (R000001) of a reversal that was asked for once: somebody gave the payment back in the portal, and M-PESA does not say how much of it.

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 5_000 });
});
afterAll(() => world.stop());

const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const payoutOf = async (id: unknown) => (await world.database.sql('select state from payouts where id = $1', [id]))[0];
const really = () => world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0;
const float = async () => Number((await balances(world.app.db)).paybill_float ?? 0n) / 100;
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);

/** An order that was paid, of which so much (all of it without) was given back in the portal, and then a reversal of ours. */
async function reversedTwice(amountShillings?: number) {
  const { paymentId, reference } = await owe(world);
  const amount = (await statusOf(world, paymentId)).amount as number;
  const paid = await payBill(world, { account: reference, amountShillings: amount });
  await world.pass(6);
  world.simulator.control.reverseByHand({ receipt: 'receipt' in paid ? paid.receipt : '', ...(amountShillings && { amountShillings }) });
  const { body } = await post('/api/refunds', { paymentId, method: 'reversal', reason: 'Returned' });
  expect((await post(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(10);
  const [deposit] = await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]);
  return { paymentId, amount, payoutId: body.payoutId, depositId: deposit?.id ?? '' };
}

test.each([
  ['a part', 200],
  ['all', undefined],
])(
  'of which %s was given back: nothing is said to be given back before a signed statement shows it, and then that much is',
  async (_, part) => {
    const { paymentId, amount, payoutId, depositId } = await reversedTwice(part);
    expect([await payoutOf(payoutId), await openTasks(world)]).toMatchObject([{ state: 'approved' }, { payout_already_reversed: 1 }]);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', refundedAmount: null });
    const [task] = await world.database.sql<{ id: string }>(
      "select id from reviews where kind = 'payout_already_reversed' and closed_at is null",
    );
    expect(await post(`/api/tasks/${task?.id}/close`, { note: 'Looked at it' })).toMatchObject({
      status: 409,
      body: { code: 'task_money_waits' },
    });
    // meanwhile it leaves by no other way
    expect((await post('/api/refunds', { depositId, method: 'b2c', reason: 'Again' })).status).not.toBe(201);
    const day = today();
    await world.clock.advance(24 * 3_600_000);
    const { bytes, name } = await exported(world, { from: day, to: day });
    await importedAndSigned(world, bytes, name);
    await world.pass(10);
    expect([await payoutOf(payoutId), await openTasks(world)]).toMatchObject([{ state: 'rejected' }, { statement_reversed: 1 }]);
    expect(await openTasks(world)).not.toHaveProperty('payout_already_reversed');
    expect(await post(`/api/deposits/${depositId}/take-back`, { reason: 'Given back in the portal' })).toMatchObject({ status: 200 });
    await world.pass(2);
    expect([await float(), (await statusOf(world, paymentId)).status]).toEqual([really(), part === undefined ? 'reversed' : 'refunded']);
    expect(await statusOf(world, paymentId)).toMatchObject({ refundedAmount: part ?? null, amount });
  },
);
