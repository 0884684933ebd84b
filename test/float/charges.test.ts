import { afterEach, beforeEach, expect, test } from 'vitest';
import { register } from '../paybill/paybill.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { hourly, open, payOutNow, SHORTCODE, startWatched } from './watching.ts';

let world: World;
beforeEach(async () => {
  world = await startWatched();
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 100_000, workingShillings: 0 });
  await register(world);
  await hourly(world, 2);
  expect((await book({ kind: 'top_up', amount: 100_000, on: '2026-11-21' })).status).toBe(200);
});
afterEach(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
async function book(entry: object) {
  const { body } = await send('/api/float-entries', { note: 'Fees', ...entry });
  return send(`/api/float-entries/${body.entryId}/approve`, {});
}
const charged = async () => {
  for (let n = 0; n < 2; n++) await payOutNow(world, 10_000);
  await world.pass(3);
  await hourly(world, 2);
};

test('charges that were booked are not expected again, whatever day an entry names', async () => {
  await charged();
  expect((await book({ kind: 'charge', amount: 22, on: '2026-09-15' })).status).toBe(200);
  await hourly(world, 3);
  expect(await open(world)).toEqual([]);
  expect((await book({ kind: 'charge', amount: 22, on: '2026-09-15' })).status).toBe(200);
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, 22]]);
});

test('nor two months after they were booked', async () => {
  await charged();
  expect((await book({ kind: 'charge', amount: 22, on: '2026-11-21' })).status).toBe(200);
  await world.database.sql(
    "update float_entries set asked_at = asked_at - interval '65 days', booked_at = booked_at - interval '65 days', occurred_on = occurred_on - 65 where kind = 'charge'",
  );
  await world.database.sql("update float_watches set opened_at = opened_at - interval '70 days'");
  expect((await book({ kind: 'charge', amount: 22, on: '2026-11-21' })).status).toBe(200);
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, 22]]);
});

test('what was charged before the first balance is in the money from before, and not expected', async () => {
  await charged();
  await world.database.sql("update withdrawals set moved_at = moved_at - interval '2 days', settled_at = settled_at - interval '2 days'");
  await world.database.sql("update payouts set decided_at = decided_at - interval '2 days'");
  expect((await book({ kind: 'charge', amount: 22, on: '2026-11-20' })).status).toBe(200);
  await hourly(world, 3);
  expect((await open(world)).map(([, amount]) => amount)).toContain(22);
});
