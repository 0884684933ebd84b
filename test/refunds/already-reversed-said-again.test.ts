import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// Safaricom sends the same "already reversed" once more, when statements have ended it long ago.

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
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);

test('it opens no task that nothing closes', async () => {
  const { paymentId, reference } = await owe(world);
  const amount = (await statusOf(world, paymentId)).amount as number;
  const paid = await payBill(world, { account: reference, amountShillings: amount });
  await world.pass(6);
  world.simulator.control.reverseByHand({ receipt: 'receipt' in paid ? paid.receipt : '' });
  const { body } = await post('/api/refunds', { paymentId, method: 'reversal', reason: 'Returned' });
  await post(`/api/payouts/${body.payoutId}/decision`, {});
  await world.pass(10);
  const day = today();
  await world.clock.advance(24 * 3_600_000);
  const { bytes, name } = await exported(world, { from: day, to: day });
  await importedAndSigned(world, bytes, name);
  await world.pass(10);
  expect(await openTasks(world)).not.toHaveProperty('payout_already_reversed');
  await world.database.sql(
    `select settle_withdrawal_4(w.id, 'reversal', 'x' || w.id, 'x', 'paid', null, null, false, w.id::text, null, null, null, 'R000001', '174379', null, $2) from withdrawals w where w.payout_id = $1`,
    [body.payoutId, world.clock.now()],
  );
  await world.pass(20);
  expect(await openTasks(world)).not.toHaveProperty('payout_already_reversed');
});
