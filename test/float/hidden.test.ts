import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirm, noticeBody, register, tellsNow } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { hourly, open, payOutNow, SHORTCODE, startWatched, tasks } from './watching.ts';

let world: World;
beforeAll(async () => {
  world = await startWatched({ environment: { MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' } });
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 1_000_000, workingShillings: 0 });
  await register(world);
  await world.app.daraja.registerPull({ phone: '254712345678', callbackUrl: `${world.siteUrl}/api/health` });
  await hourly(world, 2);
  expect((await book({ amount: 1_000_000 })).status).toBe(200);
});
afterAll(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
async function book(entry: object) {
  const { body } = await send('/api/float-entries', { kind: 'top_up', on: '2026-11-21', note: 'From KCB', ...entry });
  return send(`/api/float-entries/${body.entryId}/approve`, {});
}
const tell = async (shillings: number) => {
  const notice = tellsNow(world);
  await confirm(world, noticeBody({ ...notice, TransAmount: `${shillings}.00`, BillRefNumber: 'SHAMBA' }));
  return notice.TransID;
};
/** Two days in which the list is not empty, so that what it lacks is refuted. */
async function refute(receipt: string): Promise<void> {
  for (let hours = 0; hours < 32; hours += 4) {
    await world.clock.advance(4 * 3_600_000);
    await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 10, account: 'SHAMBA' });
    await world.pass(17);
  }
  const [lie] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1 and refuted_at is not null', [
    receipt,
  ]);
  expect((await send(`/api/deposits/${lie?.id}/take-back`, { reason: 'It never came' })).status).toBe(200);
}

test('a made-up payment of the amount of a top-up hides that top-up only until it is taken back', async () => {
  const receipt = await tell(7_000);
  world.simulator.control.topUp({ amountShillings: 7_000 });
  await hourly(world, 3);
  expect(await open(world)).toEqual([]);
  await refute(receipt);
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, 7_000]]);
  expect((await book({ amount: 7_000, on: '2026-11-21' })).status).toBe(200);
  await hourly(world, 2);
  expect(await open(world)).toEqual([]);
}, 120_000);

test('what was lost beside such a lie is found after it, and a lie that hid nothing leaves nothing open', async () => {
  const first = await tell(3_000);
  await hourly(world, 2);
  expect(await open(world)).toEqual([[SHORTCODE, -3_000]]);
  const second = await tell(2_000);
  world.simulator.control.topUp({ amountShillings: 2_000 });
  await hourly(world, 2);
  expect(await open(world)).toEqual([[SHORTCODE, -3_000]]);
  await refute(first);
  await hourly(world, 1);
  expect(await open(world)).toEqual([]);
  const [lie] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [second]);
  expect((await send(`/api/deposits/${lie?.id}/take-back`, { reason: 'It never came' })).status).toBe(200);
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, 2_000]]);
  expect((await book({ amount: 2_000, on: '2026-11-22' })).status).toBe(200);
  expect(await tasks(world)).toEqual([]);
}, 120_000);

test('a charge that the tariff expected changes nothing; one beyond it that never happened is found by the next balances, and booked back', async () => {
  await payOutNow(world, 1_000);
  await world.pass(3);
  await hourly(world, 2);
  expect((await book({ kind: 'charge', amount: 5 })).status).toBe(200);
  await hourly(world, 3);
  expect(await open(world)).toEqual([]);
  expect((await book({ kind: 'charge', amount: 5 })).status).toBe(200); // once more: nothing expected it
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, 5]]);
  expect((await book({ kind: 'top_up', amount: 5 })).status).toBe(200);
  expect((await book({ kind: 'charge', amount: 900_000 })).status).toBe(200); // 9,000 was meant
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, 900_000]]);
  expect((await book({ kind: 'top_up', amount: 900_000 })).status).toBe(200);
  await hourly(world, 2);
  expect([await open(world), await tasks(world)]).toEqual([[], []]);
}, 120_000);
