import { afterAll, beforeAll, expect, test } from 'vitest';
import { payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { hourly, open, startWatched } from './watching.ts';

let world: World;
beforeAll(async () => {
  world = await startWatched();
  await register(world);
});
afterAll(() => world.stop());

test('two parts of a payment that were reversed in the portal at different hours leave no difference once they are booked', async () => {
  await hourly(world, 2);
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 1_000 });
  const receipt = 'receipt' in paid ? paid.receipt : '';
  await world.pass(6);
  await hourly(world, 2);
  world.simulator.control.reverseByHand({ receipt, amountShillings: 300 });
  await hourly(world, 3);
  world.simulator.control.reverseByHand({ receipt, amountShillings: 100 });
  await hourly(world, 3);
  await importedAndSigned(world, (await exported(world)).bytes);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  const headers = await signedIn(world, 'treasurer');
  await world.send('POST', `/api/deposits/${deposit?.id}/take-back`, { body: { reason: 'By hand' }, headers });
  await hourly(world, 4);
  expect(await open(world)).toEqual([]);
});
