import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// Two statements whose balances join, with a day between them that nobody has imported: what was given back by hand on that day was as much as came on it. "Already reversed" does not end
// by them, nor by one that shows a part.

const DAY = 24 * 3_600_000;
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
const stateOf = async (id: unknown) =>
  (await world.database.sql<{ state: string }>('select state from payouts where id = $1', [id]))[0]?.state;
const really = () => world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0;
async function signedOf(on: string) {
  const { bytes, name } = await exported(world, { from: on, to: on });
  await importedAndSigned(world, bytes, name);
  await world.pass(3);
}
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);

test.each(['other payment of as much', 'swept each evening', 'a part each day'] as const)('%s', async (how) => {
  const { paymentId, reference } = await owe(world);
  const amount = (await statusOf(world, paymentId)).amount as number;
  const paid = await payBill(world, { account: reference, amountShillings: amount });
  await world.pass(6);
  const receipt = 'receipt' in paid ? paid.receipt : '';
  const [deposit] = await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]);
  const depositId = deposit?.id ?? '';
  if (how === 'swept each evening') world.simulator.control.sweep();
  const first = today();
  await world.clock.advance(DAY);

  // the day between
  await payBill(world, {
    account: 'SHAMBA',
    amountShillings: { 'swept each evening': 7_000, 'a part each day': 200, 'other payment of as much': amount }[how],
  });
  const part = how === 'a part each day' ? { amountShillings: 200 } : {};
  world.simulator.control.reverseByHand({ receipt, ...part });
  const second = today();
  if (how === 'swept each evening') world.simulator.control.sweep();
  await world.clock.advance(DAY);

  const third = today();
  if (how === 'a part each day') world.simulator.control.reverseByHand({ receipt, amountShillings: 100 });
  await payBill(world, { account: 'SHAMBA', amountShillings: 9_000 });
  await world.pass(6);
  const asked = await post('/api/refunds', { depositId, method: 'reversal', reason: 'Returned' });
  expect(asked.status).toBe(201);
  const decided = await post(`/api/payouts/${asked.body.payoutId}/decision`, {});
  expect([decided.status, decided.body.code]).toEqual([200, undefined]);
  await world.pass(10);
  expect(await openTasks(world)).toHaveProperty('payout_already_reversed');
  await world.clock.advance(DAY);
  for (const on of [first, third]) await signedOf(on);
  const left = really();
  const again = await post('/api/refunds', { depositId, method: 'b2c', reason: 'Again' });
  if (again.status === 201) await post(`/api/payouts/${again.body.payoutId}/decision`, {});
  await world.pass(6);
  expect([await stateOf(asked.body.payoutId), again.status, left - really()]).toEqual([
    'approved',
    how === 'a part each day' ? 409 : 422,
    0,
  ]);
  await signedOf(second);
  expect(await stateOf(asked.body.payoutId)).toBe('rejected');
});
