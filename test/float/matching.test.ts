import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { confirm, noticeBody, register, tellsNow } from '../paybill/paybill.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { hourly, open, payOutNow, SHORTCODE } from './watching.ts';

const TODAY = '2026-11-21';

let world: World;
beforeEach(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 9_000, workingShillings: 0 });
  await hourly(world, 2);
});
afterEach(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const enter = async (kind: string, amount: number) => {
  const asked = await send('/api/float-entries', { kind, amount, on: TODAY, note: 'FT26334XYZ' });
  return send(`/api/float-entries/${asked.body.entryId}/approve`, {});
};
const amounts = async () => (await open(world)).map(([, amount]) => amount);
const sweep = async (amountShillings: number, hours = 2) => {
  world.simulator.control.sweep({ amountShillings });
  await hourly(world, hours);
};

describe('a sweep that is entered while two are open', () => {
  beforeEach(async () => {
    await sweep(2_036);
    await sweep(3_598);
    expect(await amounts()).toEqual([-2_036, -3_598]);
  });

  test('explains the difference of its amount, not an older one, and proves no top-up; then the other one its own', async () => {
    expect((await enter('sweep', 3_598)).status).toBe(200);
    expect(await amounts()).toEqual([-2_036]);
    await hourly(world, 3);
    expect(await amounts()).toEqual([-2_036]);
    expect((await enter('top_up', 9_000)).status).toBe(200); // what stood there before is used up
    expect(await enter('top_up', 1_562)).toMatchObject({ status: 409, body: { code: 'top_up_not_proved' } });
    expect((await balances(world.app.db)).paybill_float).toBe(BigInt(9_000 - 3_598) * 100n);
    expect((await enter('sweep', 2_036)).status).toBe(200);
    await hourly(world, 3);
    expect(await amounts()).toEqual([]);
  });

  test('explains both as far as they go where it is their sum', async () => {
    expect((await enter('sweep', 2_036 + 3_598)).status).toBe(200);
    expect(await amounts()).toEqual([]);
    await hourly(world, 3);
    expect(await amounts()).toEqual([]);
  });

  test('explains no more than what is missing: what goes beyond both is found by the next balances', async () => {
    expect((await enter('sweep', 6_000)).status).toBe(200);
    expect(await amounts()).toEqual([]);
    expect((await enter('top_up', 9_000)).status).toBe(200);
    expect((await enter('top_up', 366)).status).toBe(409);
    await hourly(world, 3);
    expect(await amounts()).toEqual([366]);
    expect((await enter('top_up', 366)).status).toBe(200);
    expect((await balances(world.app.db)).paybill_float).toBe(BigInt(9_000 - 2_036 - 3_598) * 100n);
  });
});

test('a sweep that is entered explains its own difference, not that of a forged notice', async () => {
  await confirm(world, noticeBody({ ...tellsNow(world), TransAmount: '2989.00', BillRefNumber: 'SHAMBA' }));
  await hourly(world, 3);
  await sweep(916, 3);
  expect(await amounts()).toEqual([-2_989, -916]);
  expect((await enter('sweep', 916)).status).toBe(200);
  await hourly(world, 3);
  expect(await amounts()).toEqual([-2_989]);
});

test('while the end of a payout is not known a difference proves one top-up, and what else came when it is known', async () => {
  expect((await enter('top_up', 9_000)).status).toBe(200);
  await payOutNow(world, 1_770, { lost: true });
  await world.pass(1);
  world.simulator.control.topUp({ amountShillings: 6_120 });
  await hourly(world, 2);
  expect(await amounts()).toEqual([6_120 - 1_770]);
  expect((await enter('top_up', 4_350)).status).toBe(200);
  expect((await enter('top_up', 4_350)).status).toBe(409);
  await hourly(world, 2);
  expect(await amounts()).toEqual([]);
  await world.pass(20);
  await hourly(world, 2);
  expect(await amounts()).toEqual([1_770]);
  expect((await enter('top_up', 1_770)).status).toBe(200);
  expect((await balances(world.app.db)).paybill_float).toBe(BigInt(9_000 - 1_770 + 6_120) * 100n);
  expect(await amounts()).toEqual([]);
});

test('two differences prove a top-up of their sum, and nothing beyond it', async () => {
  for (const amountShillings of [20_000, 30_000]) {
    world.simulator.control.topUp({ amountShillings });
    await hourly(world, 2);
  }
  expect(await amounts()).toEqual([20_000, 30_000]);
  expect((await enter('top_up', 9_000)).status).toBe(200); // what stood there before the first balance
  expect(await enter('top_up', 50_001)).toMatchObject({
    status: 409,
    body: { code: 'top_up_not_proved', detail: expect.stringContaining('shows KES 50,000 more than the books, not KES 50,001') },
  });
  expect((await enter('top_up', 50_000)).status).toBe(200);
  expect((await enter('top_up', 1)).status).toBe(409);
  await hourly(world, 2);
  expect([await amounts(), (await balances(world.app.db)).paybill_float]).toEqual([[], 5_900_000n]);
});

test('a sweep that never happened, and is approved only when balances have agreed meanwhile, is found by the next ones', async () => {
  expect((await enter('top_up', 9_000)).status).toBe(200);
  const asked = await send('/api/float-entries', { kind: 'sweep', amount: 500, on: TODAY, note: 'FT26334XYZ' });
  await hourly(world, 4);
  expect((await send(`/api/float-entries/${asked.body.entryId}/approve`, {})).status).toBe(200);
  await hourly(world, 3);
  expect(await amounts()).toEqual([500]);
});
