import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// A signed statement shows what was given back before "already reversed", and not all of the time since its payment came.

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

test('what it shows has left and is locked at once, and the reversal waits for the rest of the time', async () => {
  const order = await paidOrder();
  await world.clock.advance(DAY);
  const day = today();
  const payoutId = await reversedByHandAndByUs(order);
  await world.clock.advance(DAY);
  const { bytes, name } = await exported(world, { from: day, to: day });
  await importedAndSigned(world, bytes, name);
  await world.pass(3);
  const [deposit] = await world.database.sql('select reversed_elsewhere_cents::int as cents from deposits where id = $1', [
    order.depositId,
  ]);
  expect([await stateOf(payoutId), deposit, await openTasks(world)]).toMatchObject([
    'approved',
    { cents: order.amount * 100 },
    { statement_reversed: 1 },
  ]);
});
