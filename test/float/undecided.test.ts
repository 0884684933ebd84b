import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watchFloat } from '#mpesa/float/watch/watch-float.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import type { World } from '../world/world.ts';
import { hourly, open, payOutNow, pullNow, SHORTCODE, startWatched, tasks } from './watching.ts';

let world: World;
beforeAll(async () => {
  world = await startWatched({ environment: { MPESA_PULL_NUMBER: '254712345678' } });
  expect((await register(world)).status).toBe(200);
  await world.app.daraja.registerPull({ phone: '254712345678', callbackUrl: `${world.siteUrl}/api/health` });
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 50_000, workingShillings: 0 });
  await payBill(world, { account: 'SHAMBA', amountShillings: 9_000 });
  await pullNow(world); // proved, so that it may leave
});
afterAll(() => world.stop());

async function losePayment(amountShillings: number): Promise<void> {
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  await world.simulator.control.payBill({ phone: newPhone(), amountShillings, account: 'SHAMBA' });
}
/** The answer about the next payout does not say when it was done. */
const withoutTime = () =>
  world.simulator.control.plan({
    ...{ api: 'transactionstatus', next: 1 },
    bodyEdits: [{ find: 'FinalisedTime', replace: 'AnotherTime' }],
  });
const found = async () => {
  await pullNow(world);
  await watchFloat(world.app);
  return [await open(world), await tasks(world)];
};

test('a first balance that was told while a payout was under way blinds the watch to nothing: the next one begins it', async () => {
  await payOutNow(world, 1_500, { lost: true });
  await world.pass(1);
  await hourly(world, 2);
  expect(await world.database.sql('select count(*)::int as n from float_watches')).toEqual([{ n: 0 }]);
  withoutTime();
  await world.pass(20);
  await hourly(world, 1);
  expect(await world.database.sql('select opening_cents::int as cents from float_watches')).toEqual([{ cents: 5_000_000 - 500 }]); // less the charge
  await losePayment(70);
  await hourly(world, 2);
  expect(await open(world)).toEqual([[SHORTCODE, 70]]);
  expect(await found()).toEqual([[], []]);
  await hourly(world, 2);
});

describe('a payment that was lost while a payout was under way', () => {
  test('closes its difference when it is found, though the first balance was told between the payout’s approval and its end', async () => {
    await payOutNow(world, 2_000, { lost: true, delayMs: 30 * 60_000 }); // it leaves after the first balance
    await world.pass(1);
    await losePayment(90);
    await hourly(world, 2);
    withoutTime();
    await world.pass(20);
    await hourly(world, 2);
    expect(await open(world)).toEqual([[SHORTCODE, 90]]);
    expect(await found()).toEqual([[], []]);
    await hourly(world, 3);
    expect(await open(world)).toEqual([]);
  });

  test.each([
    ['before the first balance', 0],
    ['after it', 40 * 60_000],
  ])(
    'and is larger than it, which leaves %s: what is surely too much is found first, the rest when its end is known; both close',
    async (_, delayMs) => {
      await payOutNow(world, 1_000, { lost: true, delayMs }); // with its charge 1,005
      await world.pass(1);
      await losePayment(5_000);
      await world.clock.advance(30_000);
      await hourly(world, 2);
      expect(await open(world)).toEqual([[SHORTCODE, 3_995]]);
      withoutTime();
      await world.pass(20);
      await hourly(world, 2);
      expect(await open(world)).toEqual([
        [SHORTCODE, 3_995],
        [SHORTCODE, 1_005],
      ]);
      expect(await found()).toEqual([[], []]);
      await hourly(world, 3);
      expect(await open(world)).toEqual([]);
    },
  );

  test('is one difference as soon as M-PESA’s own stamp says in which balance the payout is', async () => {
    await payOutNow(world, 1_000, { lost: true, delayMs: 0 });
    await world.pass(1);
    await losePayment(5_000);
    await world.clock.advance(30_000);
    await hourly(world, 2);
    expect(await open(world)).toEqual([[SHORTCODE, 3_995]]);
    await world.pass(20);
    await hourly(world, 2);
    expect(await open(world)).toEqual([[SHORTCODE, 5_000]]);
    expect(await found()).toEqual([[], []]);
  });
});
