import { afterAll, beforeAll, expect, test } from 'vitest';
import { askBalance } from '#mpesa/inquiries/ask-balance.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { hourly, open, startWatched, tasks } from './watching.ts';

const [COLLECTS, PAYS] = ['174379', '600996'];

let world: World;
beforeAll(async () => {
  world = await startWatched({
    environment: { MPESA_B2C_SHORTCODE: PAYS, LOW_FLOAT_SHILLINGS: '5000' },
    simulator: { b2cShortcode: Number(PAYS) },
  });
  world.simulator.control.setFloat({ shortcode: PAYS, utilityShillings: 80_000, workingShillings: 0 });
  await hourly(world, 2);
});
afterAll(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const enter = async (entry: object) => {
  const { body } = await send('/api/float-entries', { on: '2026-11-21', note: 'As the bank says', ...entry });
  return send(`/api/float-entries/${body.entryId}/approve`, {});
};

test('each own short code is asked, once an hour, and the low float is that of the one that pays out', async () => {
  const asked = await world.database.sql('select shortcode, count(*)::int as n from inquiries group by 1 order by 1');
  expect(asked).toEqual([
    { shortcode: COLLECTS, n: 2 },
    { shortcode: PAYS, n: 2 },
  ]);
  await Promise.all(Array.from({ length: 6 }, () => askBalance(world.app)));
  expect(await world.database.sql('select count(*)::int as n from inquiries')).toEqual([{ n: 6 }]);
  expect(await world.database.sql("select subject from reviews where kind = 'low_float'")).toEqual([]); // the one that collects has nothing
  const response = await world.send('GET', '/api/account-balance', { headers: await signedIn(world, 'treasurer') });
  const { accounts } = (await response.json()) as { accounts: { shortcode: string; account: string; current: number }[] };
  const utility = accounts.filter(({ account }) => account === 'Utility Account').map(({ shortcode, current }) => [shortcode, current]);
  expect(utility).toEqual([
    [COLLECTS, 0],
    [PAYS, 80_000],
  ]);
});

test('a difference is of one of them: with a task of its own, and the other one’s money explains nothing', async () => {
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 640, account: 'SHAMBA', shortcode: COLLECTS });
  world.simulator.control.topUp({ amountShillings: 640, shortcode: PAYS });
  await hourly(world, 3);
  expect(await open(world)).toEqual([
    [COLLECTS, 640],
    [PAYS, 640],
  ]);
  expect(await tasks(world)).toEqual([COLLECTS, PAYS]);
  expect((await enter({ kind: 'top_up', amount: 640, shortcode: PAYS })).status).toBe(200);
  expect([await open(world), await tasks(world)]).toEqual([[[COLLECTS, 640]], [COLLECTS]]);
});

test('what stands on the one that collects cannot leave from the one that pays, until two people have moved it', async () => {
  await world.database.sql(
    "select book_1('top_up', gen_random_uuid(), 1, own_account_1('paybill_float', $1), 'bank_clearing', 90000000, $2)",
    [COLLECTS, world.clock.now().toISOString()],
  );
  const { body } = await send('/api/payouts', { phoneNumber: newPhone(), amount: 90_000, reason: 'Supplier' });
  const refused = await send(`/api/payouts/${body.payoutId}/decision`, {});
  expect(refused).toMatchObject({
    status: 422,
    body: { code: 'insufficient_float', detail: expect.stringContaining(`on ${PAYS}, from which it is sent`) },
  });
  await send(`/api/payouts/${body.payoutId}/decision`, { decision: 'decline' });
});

test('money that pays out leaves from the one that pays, and its fee too', async () => {
  expect((await enter({ kind: 'top_up', amount: 80_000 })).status).toBe(200); // what stood there before the first balance
  const { body } = await send('/api/payouts', { phoneNumber: newPhone(), amount: 1_000, reason: 'Supplier' });
  expect((await send(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(2);
  expect(world.simulator.control.truth().sentCents).toBe('100000');
  await hourly(world, 3);
  expect(await open(world)).toEqual([[COLLECTS, 640]]);
});

test('a short code whose balance Safaricom refuses does not keep the other from being compared', async () => {
  world.simulator.control.fault({ api: 'accountbalance', fault: 'server-error', times: 1 });
  world.simulator.control.topUp({ amountShillings: 55, shortcode: PAYS });
  await world.clock.advance(3_600_000);
  expect(await askBalance(world.app)).toEqual({ asked: true });
  await world.clock.advance(10_000);
  await world.settled();
  const states = await world.database.sql<{ state: string }>('select state from inquiries order by asked_at desc, id desc limit 2');
  expect(states.filter(({ state }) => state === 'answered')).toHaveLength(1);
});
