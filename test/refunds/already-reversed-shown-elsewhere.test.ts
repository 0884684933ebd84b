import { afterAll, beforeAll, expect, test } from 'vitest';
import { payBill, register } from '../paybill/paybill.ts';
import { importedAndSigned } from '../reconcile/importing.ts';
import { paid, portalFile } from '../reconcile/portal-file.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// A payment at an outlet that the head office's list had. "Already reversed" does not end by the head office's statement, which has neither the payment nor what was given back of it.

const OUTLET = '600981';
const HEAD = '174379';
const DAY = 24 * 3_600_000;
let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_SHORTCODES: OUTLET } });
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 9_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const really = () => world.simulator.control.truth().accounts[HEAD]?.utilityShillings ?? 0;
async function waiting(amountShillings: number) {
  const phone = newPhone();
  const paying = await payBill(world, { account: 'SCHOOL', amountShillings, phone });
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  const [row] = await world.database.sql<{ id: string; at: Date }>('select id, moved_at as at from deposits where receipt = $1', [receipt]);
  return { phone, receipt, depositId: row?.id ?? '', at: new Date(row?.at ?? 0) };
}

test('the statement of where it did not come says nothing', async () => {
  const own = await waiting(2_000);
  const { phone, receipt, depositId, at } = await waiting(1_321);
  await world.database.sql('update deposits set shortcode_by_list = true where receipt = $1', [receipt]); // as a pulled line leaves it
  world.simulator.control.reverseByHand({ receipt });
  const asked = await post('/api/refunds', { depositId, method: 'reversal', reason: 'Wrong school' });
  expect((await post(`/api/payouts/${asked.body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(10);
  await world.clock.advance(DAY);
  await importedAndSigned(world, portalFile(HEAD, at, at, 9_000, [paid(own.receipt, own.at, 2_000, 'SCHOOL')]), 'head.csv');
  await world.pass(10);
  const [state] = await world.database.sql<{ state: string }>('select state from payouts where id = $1', [asked.body.payoutId]);
  const left = really();
  const again = await post('/api/refunds', { depositId, method: 'b2c', reason: 'Again', phoneNumber: phone });
  if (again.status === 201) await post(`/api/payouts/${again.body.payoutId}/decision`, {});
  await world.pass(6);
  expect([state?.state, left - really(), again.status]).toEqual(['approved', 0, 422]);
});
