import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned, show } from '../reconcile/importing.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// "Already reversed" where the portal exports the newer layout alone: two people say which payment the line gave back, and it ends.

const DAY = 24 * 3_600_000;
let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 9_000 });
  await world.pass(6);
});
afterAll(() => world.stop());
const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);

test('it ends', async () => {
  const phone = newPhone();
  const paying = await payBill(world, { account: 'SCHOOL', amountShillings: 1_321, phone });
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  const { receipt: reversal } = world.simulator.control.reverseByHand({ receipt });
  const asked = await post('/api/refunds', { depositId: row?.id, method: 'reversal', reason: 'Wrong school' });
  expect((await post(`/api/payouts/${asked.body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(10);
  const day = today();
  await world.clock.advance(DAY);
  const { bytes, name } = await exported(world, { layout: 'V2', from: day, to: day });
  const { statementId } = await importedAndSigned(world, bytes, name);
  await world.pass(3);
  expect(await show(world, statementId)).toMatchObject({ refutes: false });
  const entry = await post('/api/float-entries', {
    kind: 'paid_out',
    receipt: reversal,
    amount: 1_321,
    on: today(),
    note: 'It was this one',
    depositId: row?.id,
  });
  const said = await post(`/api/float-entries/${entry.body.entryId}/approve`, {});
  await world.pass(6);
  const [state] = await world.database.sql<{ state: string }>('select state from payouts where id = $1', [asked.body.payoutId]);
  const back = await post(`/api/deposits/${row?.id}/take-back`, { reason: 'Given back' });
  expect([said.status, state?.state, back.status]).toEqual([200, 'rejected', 200]);
  expect(await openTasks(world)).not.toHaveProperty('payout_already_reversed');
});
