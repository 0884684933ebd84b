import { afterEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { askForBalance } from '#mpesa/inquiries/ask-balance.ts';
import { confirm, noticeBody, register, tellsNow } from '../paybill/paybill.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { hourly, open, payOutNow, SHORTCODE, startWatched } from './watching.ts';

let world: World;
const start = async () => {
  world = await startWatched();
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 1_000_000, workingShillings: 0 });
  await register(world);
};
afterEach(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
async function topUp(amount: number) {
  const { body } = await send('/api/float-entries', { kind: 'top_up', amount, on: '2026-11-21', note: 'From KCB' });
  return send(`/api/float-entries/${body.entryId}/approve`, {});
}
const tell = async (shillings: number) => {
  const notice = tellsNow(world);
  await confirm(world, noticeBody({ ...notice, TransAmount: `${shillings}.00`, BillRefNumber: 'SHAMBA' }));
  return notice.TransID;
};
const takeBack = async (receipt: string) => {
  const [lie] = await world.database.sql<{ id: string }>(
    'update deposits set refuted_at = settled_at where receipt = $1 and confirmed_at is null returning id',
    [receipt],
  );
  expect((await send(`/api/deposits/${lie?.id}/take-back`, { reason: 'It never came' })).status).toBe(200);
};
const before = async () => {
  const response = await world.send('GET', '/api/float-entries', { headers: await signedIn(world, 'treasurer') });
  return ((await response.json()) as { beforeTheFirstBalance: { amount: number }[] }).beforeTheFirstBalance.map(({ amount }) => amount);
};

test('a lie that was told before the first balance hides nothing of what stood there, once it is taken back', async () => {
  await start();
  const [lie, other] = [await tell(7_000), await tell(400)];
  await hourly(world, 3);
  expect(await before()).toEqual([992_600]);
  await takeBack(lie);
  expect(await before()).toEqual([999_600]);
  expect((await topUp(999_600)).status).toBe(200);
  expect(await topUp(400)).toMatchObject({ status: 409, body: { code: 'top_up_not_proved' } });
  await takeBack(other);
  expect(await before()).toEqual([400]);
  expect((await topUp(400)).status).toBe(200);
  await hourly(world, 3);
  expect([await open(world), await before(), (await balances(world.app.db)).paybill_float]).toEqual([[], [], 100_000_000n]);
}, 120_000);

test('what was told a moment after the first balance, and had come before it, is taken off the money from before once', async () => {
  await start();
  const receipt = await tell(3_000);
  await world.database.sql(
    "update deposits set moved_at = moved_at - interval '5 minutes', settled_at = settled_at + interval '3 minutes' where receipt = $1",
    [receipt],
  );
  await hourly(world, 3);
  expect(await before()).toEqual([997_000]);
  expect((await topUp(997_000)).status).toBe(200);
}, 120_000);

test('a lie that hid a top-up when an earlier release was replaced shows it when it is taken back', async () => {
  await start();
  await hourly(world, 2);
  const lie = await tell(7_000);
  world.simulator.control.topUp({ amountShillings: 7_000 });
  await hourly(world, 3);
  await world.database.sql('update float_watches set sure_at = null, sure_cents = null, judged_until = null');
  world.simulator.control.sweep({ amountShillings: 50 });
  await hourly(world, 3);
  expect(await open(world)).toEqual([[SHORTCODE, -50]]);
  await takeBack(lie);
  await hourly(world, 3);
  expect(await open(world)).toEqual([
    [SHORTCODE, -50],
    [SHORTCODE, 7_000],
  ]);
}, 120_000);

test('what the tariff expects of payouts between the first balance and the first look at it is not money from before', async () => {
  await start();
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 1_000_000, workingShillings: 0 });
  const receipt = await tell(9_000);
  await world.database.sql('select prove_money_2(id, $2) from deposits where receipt = $1', [receipt, world.clock.now().toISOString()]);
  await askForBalance(world.app, 'clock');
  await world.clock.advance(10_000);
  await world.settled();
  for (let n = 0; n < 2; n++) await payOutNow(world, 1_000);
  await world.pass(12); // the first balance is looked at when it has settled
  expect(await before()).toEqual([991_000]);
}, 120_000);
