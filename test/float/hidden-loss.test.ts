import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchFloat } from '#mpesa/float/watch/watch-float.ts';
import { register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';
import { hourly, open, pullNow, SHORTCODE } from './watching.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ environment: { MPESA_PULL_NUMBER: '254712345678' } });
  expect((await register(world)).status).toBe(200);
  await world.app.daraja.registerPull({ phone: '254712345678', callbackUrl: `${world.siteUrl}/api/health` });
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 9_000, workingShillings: 0 });
  await hourly(world, 2);
});
afterEach(() => world.stop());

const amounts = async () => (await open(world)).map(([, amount]) => amount);

/** Somebody pays and nobody is told. */
async function lost(amountShillings: number): Promise<string> {
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings, account: 'SHAMBA' });
  if (!('receipt' in paid)) throw new Error('Not paid.');
  return paid.receipt;
}
const tellLate = async (receipt: string) => {
  await world.simulator.control.redeliverConfirmation(receipt, []);
  await world.settled();
  await watchFloat(world.app);
};

test.each([
  ['a late notice', 1_000, 300],
  ['the pull', 1_000, 300],
  ['a late notice', 5_000, 4_999],
])('a loss in the hour after a lost payment is found when %s finds the payment (%i and %i)', async (by, paid, taken) => {
  const receipt = await lost(paid);
  await hourly(world);
  world.simulator.control.sweep({ amountShillings: taken });
  await hourly(world);
  expect(await amounts()).toEqual([paid - taken]);
  if (by === 'the pull') await pullNow(world);
  else await tellLate(receipt);
  await hourly(world, 3);
  expect(await amounts()).toEqual([-taken]);
  await hourly(world, 3);
  expect(await amounts()).toEqual([-taken]);
});

test('and the same with the loss in the hour before', async () => {
  world.simulator.control.sweep({ amountShillings: 300 });
  await hourly(world);
  const receipt = await lost(1_000);
  await hourly(world, 2);
  await tellLate(receipt);
  await hourly(world, 4);
  expect(await amounts()).toEqual([-300]);
});

test('a loss of the hour itself that came back in the next one leaves no money unexplained', async () => {
  const receipt = await lost(5_000);
  world.simulator.control.sweep({ amountShillings: 4_999 });
  await hourly(world);
  world.simulator.control.topUp({ amountShillings: 4_999 });
  await hourly(world, 2);
  expect(await amounts()).toEqual([1, 4_999]);
  await tellLate(receipt);
  await hourly(world, 3);
  expect((await amounts()).reduce((sum, amount) => sum + amount, 0)).toBe(0);
});

test('what was found between is in the figure that the watch goes back to, and is taken off it when it is explained', async () => {
  const receipt = await lost(5_000);
  await hourly(world);
  world.simulator.control.sweep({ amountShillings: 4_999 });
  await hourly(world, 2);
  const later = await lost(200);
  await hourly(world, 2);
  expect(await amounts()).toEqual([1, 200]);
  await tellLate(receipt);
  await hourly(world, 3);
  expect(await amounts()).toEqual([200, -4_999]);
  world.simulator.control.sweep({ amountShillings: 70 });
  await tellLate(later);
  await hourly(world, 3);
  expect((await amounts()).sort((one, other) => one - other)).toEqual([-4_999, -70]);
});
