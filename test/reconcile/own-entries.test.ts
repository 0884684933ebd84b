import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { hourly, open, SHORTCODE, startWatched } from '../float/watching.ts';
import { register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { exported, importedAndSigned } from './importing.ts';

const DAY_MS = 24 * 3_600_000;

let world: World;
beforeAll(async () => {
  world = await startWatched();
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 0, workingShillings: 0 });
  expect((await register(world)).status).toBe(200);
  await world.clock.advance(DAY_MS); // what was set is no line of today's statement
  await hourly(world, 2);
});
afterAll(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
/** Two people enter what moved, on a day of November. */
async function enter(kind: 'top_up' | 'sweep' | 'charge', amount: number, on = '2026-11-22'): Promise<void> {
  const { body } = await send('/api/float-entries', { kind, amount, on, note: 'By the bank slip' });
  expect(await send(`/api/float-entries/${body.entryId}/approve`, {})).toMatchObject({ status: 200 });
}
const payOut = async () => {
  const { body } = await send('/api/payouts', { phoneNumber: newPhone(), amount: 1_000, reason: 'Supplier' });
  expect((await send(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(3);
};
const importToday = async () => importedAndSigned(world, (await exported(world, { from: '2026-11-22', to: '2026-11-24' })).bytes);
const atSafaricom = () => BigInt(Math.round((world.simulator.control.truth().accounts[SHORTCODE]?.utilityShillings ?? 0) * 100));
const float = async () => (await balances(world.app.db)).paybill_float ?? 0n;

describe('what two people have entered is not booked again by the lines that tell of it', () => {
  test('a top-up with the day of the bank slip, five days before', async () => {
    world.simulator.control.topUp({ amountShillings: 50_000 });
    await hourly(world, 3);
    await enter('top_up', 50_000, '2026-11-17');
    expect(await float()).toBe(atSafaricom());
    await importToday();
    expect(await float()).toBe(atSafaricom());
  });

  test('a top-up in two parts, and two top-ups as one sum', async () => {
    world.simulator.control.topUp({ amountShillings: 9_000 });
    await hourly(world, 3);
    await enter('top_up', 4_000);
    await enter('top_up', 5_000);
    world.simulator.control.topUp({ amountShillings: 3_000 });
    world.simulator.control.topUp({ amountShillings: 3_500 });
    await hourly(world, 3);
    await enter('top_up', 6_500);
    expect(await float()).toBe(atSafaricom());
    await importToday();
    expect(await float()).toBe(atSafaricom());
  });

  test('a part of a top-up: the line books the rest, once', async () => {
    world.simulator.control.topUp({ amountShillings: 2_000 });
    await hourly(world, 3);
    await enter('top_up', 1_500);
    expect(await float()).toBe(atSafaricom() - 50_000n);
    await importToday();
    expect(await float()).toBe(atSafaricom());
    world.simulator.control.topUp({ amountShillings: 1 });
    await importToday();
    expect(await float()).toBe(atSafaricom());
  });

  test('a sweep with another day', async () => {
    world.simulator.control.sweep({ amountShillings: 20_000 });
    await hourly(world, 3);
    await enter('sweep', 20_000, '2026-11-17');
    expect(await float()).toBe(atSafaricom());
    await importToday();
    expect(await float()).toBe(atSafaricom());
  });

  test('a charge, and the charges of a while as one sum; the watch finds no difference before or after', async () => {
    await payOut();
    await enter('charge', 5);
    await hourly(world, 2);
    expect(await open(world)).toEqual([]);
    await importToday();
    expect([await float(), await open(world)]).toEqual([atSafaricom(), []]);
    await payOut();
    await payOut();
    await enter('charge', 10);
    expect(await float()).toBe(atSafaricom());
    await importToday();
    await hourly(world, 3);
    expect([await float(), await open(world)]).toEqual([atSafaricom(), []]);
  });
});
