import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirm, newReceipt, noticeBody, register, tellsNow } from '../paybill/paybill.ts';
import { push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { dueIn, tripsOf, wakes } from './trips.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ blobs: true, environment: { MPESA_PULL: 'on' } });
  await register(world);
  await world.pass(70);
});
afterAll(() => world.stop());

const tripsOfMinutes = (minutes: number) => tripsOf(world, minutes);

const due = () => dueIn(world);

async function pay(pin = '1234'): Promise<void> {
  const { prompt } = await push(world);
  await world.clock.advance(5_000);
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin });
  await world.settled();
}

test('a payment keeps the database awake for some minutes, and money on the float for none', async () => {
  await pay();
  const trips = await tripsOfMinutes(60);
  expect(trips.slice(0, 15).filter((asked) => asked > 0).length).toBeLessThanOrEqual(8);
  expect(wakes(trips)).toBeLessThanOrEqual(4);
  expect(await due()).toEqual([]);
  const still = await tripsOfMinutes(60);
  expect(wakes(still)).toBeLessThanOrEqual(4);
  expect(still.filter((asked) => asked === 0).length).toBeGreaterThanOrEqual(44);
}, 120_000);

test('a prompt that fails is over within minutes too, and is counted', async () => {
  await pay('0000');
  const trips = await tripsOfMinutes(60);
  expect(wakes(trips)).toBeLessThanOrEqual(4);
  expect(await due()).toEqual([]);
  expect(await world.database.sql("select counts::text like '%2001%' as has from day_counts where figure = 'failures'")).toEqual([
    { has: true },
  ]);
}, 120_000);

test('what waits for a person keeps nobody awake', async () => {
  await confirm(world, noticeBody({ ...tellsNow(world), TransAmount: '313.00', BillRefNumber: 'NOBODY' }));
  const recorded = await world.send('POST', '/api/receipts', {
    body: {
      ...{ receipt: newReceipt(world.clock.now()), amount: 500, at: world.clock.now().toISOString() },
      reason: 'Seen on their phone',
    },
    headers: await signedIn(world, 'treasurer'),
  });
  expect(recorded.status).toBe(201);
  await world.pass(90);
  expect(await due()).toEqual([]);
  expect((await tripsOfMinutes(30)).filter((asked) => asked === 0).length).toBeGreaterThanOrEqual(15);
}, 240_000);
