import { afterAll, beforeAll, expect, test } from 'vitest';
import { payBill, register } from '../paybill/paybill.ts';
import { importedAndSigned } from '../reconcile/importing.ts';
import { plainFile, portalFile, reversed } from '../reconcile/portal-file.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// A payment at an outlet that the head office's list had. The outlet's statement of the next day shows that it was given back; that of its own day is not imported yet.

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

test.each(['with a link', 'without a link'] as const)('it does not leave a second time: %s', async (how) => {
  const phone = newPhone();
  const amountShillings = how === 'with a link' ? 1_321 : 1_433;
  const paying = await payBill(world, { account: 'SCHOOL', amountShillings, phone });
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  await world.database.sql('update deposits set shortcode_by_list = true where receipt = $1', [receipt]); // as a pulled line leaves it
  await world.clock.advance(DAY);
  const { receipt: reversal } = world.simulator.control.reverseByHand({ receipt });
  const back = world.clock.now();
  await world.clock.advance(DAY);
  const line = reversed(reversal, back, amountShillings, receipt);
  const plain = plainFile(OUTLET, back, 90_000, [line]);
  if (how === 'with a link') await importedAndSigned(world, portalFile(OUTLET, back, back, 90_000, [line]), 'linked.csv');
  else await importedAndSigned(world, plain.bytes, plain.name);
  await world.pass(6);
  const left = really();
  const asked = await post('/api/refunds', { depositId: row?.id, method: 'b2c', reason: 'Again', phoneNumber: phone });
  if (asked.status === 201) await post(`/api/payouts/${asked.body.payoutId}/decision`, {});
  await world.pass(6);
  expect([left - really(), asked.body.code]).toEqual([0, 'reversed_elsewhere']);
});
