import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { owe, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { hourly } from './watching.ts';

// What was given back in the portal before the first balance, and a statement tells after it: it has left the books and that balance alike.

let world: World;
beforeEach(async () => {
  world = await startWorld();
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 5_000 });
  await world.pass(6);
});
afterEach(() => world.stop());

const before = async () => {
  const response = await world.send('GET', '/api/float-entries', { headers: await signedIn(world, 'treasurer') });
  return ((await response.json()) as { beforeTheFirstBalance: { amount: number }[] }).beforeTheFirstBalance.map(({ amount }) => amount);
};
const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test.each([
  ['a part, taken back', 400, 'V1', true],
  ['a part, not taken back yet', 400, 'V1', false],
  ['all of it, taken back', undefined, 'V1', true],
  ['all of it, not taken back yet', undefined, 'V1', false],
  ['of nobody knows what', undefined, 'V2', false],
] as const)('%s', async (_, part, layout, takesBack) => {
  const { paymentId, reference } = await owe(world);
  const amount = (await statusOf(world, paymentId)).amount as number;
  const paid = await payBill(world, { account: reference, amountShillings: amount });
  await world.pass(6);
  const [deposit] = await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]);
  world.simulator.control.reverseByHand({ receipt: 'receipt' in paid ? paid.receipt : '', ...(part && { amountShillings: part }) });
  await world.clock.advance(3_600_000);
  // as where the initiator is configured from now on
  for (const table of ['float_differences', 'float_watches', 'float_balances']) await world.database.sql(`delete from ${table}`);
  await hourly(world, 3);
  const opened = await before();
  const { bytes, name } = await exported(world, { layout });
  await importedAndSigned(world, bytes, name);
  await world.pass(3);
  if (takesBack) expect((await post(`/api/deposits/${deposit?.id}/take-back`, { reason: 'Given back' })).status).toBe(200);
  await hourly(world, 3);
  const float = Number((await balances(world.app.db)).paybill_float ?? 0n) / 100;
  expect(float).toBe(world.simulator.control.truth().accounts['174379']?.utilityShillings);
  expect([opened, await before()]).toEqual([[-(part ?? amount)], []]);
});
