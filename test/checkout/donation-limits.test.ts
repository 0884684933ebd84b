import { afterAll, beforeAll, expect, test } from 'vitest';
import { push } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.database.sql("update items set min_cents = 10000, max_cents = 5000000 where sku = 'gift'"); // KES 100 to 50,000
});
afterAll(() => world.stop());

const gift = (amount: number, quantity?: number) => ({ sku: 'gift', amount, ...(quantity && { quantity }) });

test.each([
  ['two of the largest', [gift(50_000, 2)]],
  ['the largest and one shilling more on another line', [gift(50_000), gift(1)]],
  ['two lines of one amount', [gift(30_000), gift(30_000)]],
  ['many that are small', [gift(300, 200)]],
  ['lines that are too small together', [gift(40), gift(50)]],
])('a donation is limited per payment: %s is refused', async (_, items) => {
  const { response, body } = await push(world, { items });
  expect([response.status, body.code, body.skus]).toEqual([422, 'donation_out_of_range', ['gift']]);
});

test.each([
  ['exactly the largest, in two lines', [gift(20_000), gift(30_000)], 50_000],
  ['exactly the smallest, in two parts', [gift(50, 2)], 100],
  ['a gift beside what is bought', [gift(50_000), { sku: 'maize' }], 50_200],
])('%s passes', async (_, items, amount) => {
  const { response, body } = await push(world, { items });
  expect([response.status, body.amount]).toEqual([201, amount]);
});
