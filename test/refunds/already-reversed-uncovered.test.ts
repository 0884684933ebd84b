import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { plainFile } from '../reconcile/portal-file.ts';
import { statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// "Already reversed" ends only by statements that could have shown what was given back: a file without a line, or one that was exported before, shows nothing of it.

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 5_000 });
});
afterAll(() => world.stop());

const DAY = 24 * 3_600_000;
const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const stateOf = async (id: unknown) =>
  (await world.database.sql<{ state: string }>('select state from payouts where id = $1', [id]))[0]?.state;
const really = () => world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0;
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);

async function paidOrder() {
  const { paymentId, reference } = await owe(world);
  const amount = (await statusOf(world, paymentId)).amount as number;
  const paid = await payBill(world, { account: reference, amountShillings: amount });
  await world.pass(6);
  const [deposit] = await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]);
  return { paymentId, amount, receipt: 'receipt' in paid ? paid.receipt : '', depositId: deposit?.id ?? '' };
}

async function reversedByHandAndByUs({ receipt, paymentId }: { receipt: string; paymentId: string }) {
  world.simulator.control.reverseByHand({ receipt });
  const { body } = await post('/api/refunds', { paymentId, method: 'reversal', reason: 'Returned' });
  expect((await post(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(10);
  expect([await stateOf(body.payoutId), await openTasks(world)]).toMatchObject([
    'approved',
    { payout_already_reversed: expect.any(Number) },
  ]);
  return body.payoutId;
}

async function refundOnceMore(depositId: string) {
  const asked = await post('/api/refunds', { depositId, method: 'b2c', reason: 'Again' });
  if (asked.status === 201) await post(`/api/payouts/${asked.body.payoutId}/decision`, {});
  await world.pass(6);
  return asked.status;
}

test('a file without a line', async () => {
  const order = await paidOrder();
  const payoutId = await reversedByHandAndByUs(order);
  const on = world.clock.now();
  await world.clock.advance(DAY);
  const { bytes, name } = plainFile('174379', on, 0, []);
  await expect(importedAndSigned(world, bytes, name)).rejects.toThrow('payments of its days are proved');
  await world.pass(3);
  const refund = await refundOnceMore(order.depositId);
  expect([await stateOf(payoutId), refund]).toEqual(['approved', 422]);
});

test('a file that is named for the days, exported before the money was refunded, and imported after them', async () => {
  await world.clock.advance(2 * DAY);
  const from = today();
  const order = await paidOrder();
  const to = new Date(world.clock.now().getTime() + 3 * DAY + 3 * 3_600_000).toISOString().slice(0, 10);
  const early = await exported(world, { layout: 'V2', from, to });
  await world.clock.advance(DAY);
  const payoutId = await reversedByHandAndByUs(order);
  await world.clock.advance(4 * DAY);
  await importedAndSigned(world, early.bytes, early.name);
  await world.pass(3);
  const left = really();
  const refund = await refundOnceMore(order.depositId);
  expect([await stateOf(payoutId), refund]).toEqual(['approved', 422]);
  expect(really()).toBe(left); // nothing left a second time
});
