import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watchFloat } from '#mpesa/float/watch/watch-float.ts';
import { askBalance, askForBalance } from '#mpesa/inquiries/ask-balance.ts';
import { confirm, noticeBody, payBill, register, tellsNow } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { alerts, hourly, open, payOutNow, pullNow, SHORTCODE, startWatched, tasks } from './watching.ts';

let world: World;
beforeAll(async () => {
  world = await startWatched({ environment: { MPESA_PULL_NUMBER: '254712345678' } });
  expect((await register(world)).status).toBe(200);
  await world.app.daraja.registerPull({ phone: '254712345678', callbackUrl: `${world.siteUrl}/api/health` });
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings: 50_000, workingShillings: 0 });
  await hourly(world, 2);
});
afterAll(() => world.stop());

const lose = (times = 1) => world.simulator.control.plan({ api: 'c2b', next: times, lost: true });
const pays = (amountShillings: number) => world.simulator.control.payBill({ phone: newPhone(), amountShillings, account: 'SHAMBA' });
const pull = () => pullNow(world);
const payOut = (amount: number, plan: object = {}) => payOutNow(world, amount, plan);

test('what stood on the account before the first balance is no difference', async () => {
  await hourly(world, 3);
  expect([await open(world), await tasks(world)]).toEqual([[], []]);
  expect(await world.database.sql('select opening_cents from float_watches')).toEqual([{ opening_cents: '5000000' }]);
});

test('payments and payouts with their charges leave nothing open', async () => {
  await payBill(world, { account: 'SHAMBA', amountShillings: 8_000 });
  await pull(); // proved, so that it may leave
  await payOut(3_000);
  await world.pass(3);
  expect(world.simulator.control.truth().sentCents).toBe('300000');
  await hourly(world, 4);
  expect(await open(world)).toEqual([]);
  const watched = await world.database.sql('select anchor_cents::int as cents from float_watches');
  expect(watched).toEqual([{ cents: 5_000_000 + 800_000 - 300_000 - 900 }]); // the fee is in what the next balances are compared with
});

describe('a payment whose notice was lost', () => {
  test('opens a task at the second balance, with amount, time and what to do; the money that the pull finds closes it', async () => {
    lose();
    await pays(1_250);
    await hourly(world);
    expect(await open(world)).toEqual([]); // one balance says nothing
    await hourly(world);
    expect(await open(world)).toEqual([[SHORTCODE, 1_250]]);
    expect(await tasks(world)).toEqual([SHORTCODE]);
    expect(await alerts(world)).toEqual([
      expect.stringMatching(
        /^Safaricom has KES 1,250 more on 174379 than the books\. It came up between .* and .*top-up.*float-entries.*pull/,
      ),
    ]);
    await hourly(world, 3);
    expect([(await open(world)).length, (await alerts(world)).length]).toEqual([1, 1]); // not told each hour
    await pull();
    await watchFloat(world.app);
    expect([await open(world), await tasks(world)]).toEqual([[], []]);
    await hourly(world, 3);
    expect(await open(world)).toEqual([]);
  });

  test('while an old one is open is told apart from it: amount and alert are its own, whichever sign it has', async () => {
    const before = (await alerts(world)).length;
    lose();
    await pays(700);
    await hourly(world, 3);
    world.simulator.control.sweep({ amountShillings: 300 });
    await hourly(world, 3);
    lose();
    await pays(50);
    await hourly(world, 3);
    expect(await open(world)).toEqual([
      [SHORTCODE, 700],
      [SHORTCODE, -300],
      [SHORTCODE, 50],
    ]);
    expect(await tasks(world)).toEqual([SHORTCODE]);
    expect((await alerts(world)).length).toBe(before + 3);
    await pull();
    await watchFloat(world.app);
    expect(await open(world)).toEqual([[SHORTCODE, -300]]);
    await world.database.sql("update reviews set closed_at = now(), closed_by = 'treasurer' where kind = 'balance_unexplained'");
    await hourly(world, 2);
    expect([await open(world), await tasks(world)]).toEqual([[], []]); // a person has closed it: it stays closed
  });
});

describe('a payout', () => {
  test('that is under way when a balance is told opens nothing, before its end is known and after', async () => {
    for (const plan of [{ lost: true }, { outcome: 'not-registered', callbackMs: 5_400_000 }]) {
      await payOut(1_000, plan);
      await world.pass(1);
      await hourly(world, 3);
      expect(await open(world)).toEqual([]);
      await world.pass(30);
      await hourly(world, 3);
      expect(await open(world)).toEqual([]);
    }
  });

  test('under way hides no payment for good: when its end is known, what is left is found', async () => {
    await payOut(2_000, { lost: true });
    await world.pass(1);
    lose();
    await pays(90);
    await hourly(world, 2);
    expect(await open(world)).toEqual([]); // it has left, for all we know, or not
    await world.pass(20);
    expect(await world.database.sql("select count(*)::int as n from withdrawals where state in ('dispatched', 'unknown')")).toEqual([
      { n: 0 },
    ]);
    await hourly(world, 2);
    expect(await open(world)).toEqual([[SHORTCODE, 90]]);
    await pull();
    await watchFloat(world.app);
    expect(await open(world)).toEqual([]);
  });
});

describe('a balance', () => {
  const plan = (changes: object) => world.simulator.control.plan({ api: 'accountbalance', next: 1, ...changes });

  test('that is never told, or late, is no second sighting, and what was lost meanwhile is found with the next two', async () => {
    lose();
    await pays(1_100);
    await hourly(world);
    plan({ lost: true });
    await hourly(world);
    expect(await open(world)).toEqual([]);
    plan({ callbackMs: 3 * 3_600_000 }); // told three hours late, with its own time
    await hourly(world);
    expect(await open(world)).toEqual([]);
    await hourly(world, 3);
    expect(await open(world)).toEqual([[SHORTCODE, 1_100]]);
    await pull();
    await watchFloat(world.app);
    expect(await open(world)).toEqual([]);
  });

  test('that comes late and names no time of its own is none', async () => {
    await hourly(world);
    const asked: string[] = [];
    for (let n = 0; n < 2; n++) {
      plan({ lost: true });
      await askForBalance(world.app, 'clock');
      asked.push(world.simulator.control.requests()[0]?.conversationId ?? '');
      await world.clock.advance(31 * 60_000);
    }
    await payBill(world, { account: 'SHAMBA', amountShillings: 640 }); // neither balance has it
    for (const id of asked) {
      await world.clock.advance(31 * 60_000);
      await world.simulator.control.redeliverResult(id, [{ find: 'BOCompletedTime', replace: 'BOAnotherTime' }]);
      await world.settled();
    }
    await world.clock.advance(11 * 60_000);
    await watchFloat(world.app);
    expect(await open(world)).toEqual([]);
    await hourly(world, 2);
    expect(await open(world)).toEqual([]);
  });

  test('asked twice in a minute confirms nothing', async () => {
    await pull(); // so that the next one's times can be read in one way only
    await hourly(world);
    lose();
    await pays(1_300);
    for (let n = 0; n < 3; n++) {
      await world.send('POST', '/api/account-balance', { body: {}, headers: await signedIn(world, 'treasurer') });
      await world.clock.advance(30_000);
      await world.settled();
    }
    await world.clock.advance(11 * 60_000);
    await watchFloat(world.app);
    expect(await open(world)).toEqual([]);
    await pull();
    await hourly(world, 3);
    expect(await open(world)).toEqual([]);
  });
});

test('a notice of money that never came opens one too, and taking it back closes it', async () => {
  const forged = tellsNow(world);
  await confirm(world, noticeBody({ ...forged, TransAmount: '600.00', BillRefNumber: 'SHAMBA' }));
  await hourly(world, 2);
  expect(await open(world)).toEqual([[SHORTCODE, -600]]);
  expect((await alerts(world)).at(-1)).toMatch(/^Safaricom has KES 600 less on 174379 than the books.*made up: take it back/);
  await world.database.sql('update deposits set refuted_at = now() where receipt = $1', [forged.TransID]);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [forged.TransID]);
  const body = { reason: 'Not on the statement' };
  expect(
    (await world.send('POST', `/api/deposits/${deposit?.id}/take-back`, { body, headers: await signedIn(world, 'treasurer') })).status,
  ).toBe(200);
  await world.clock.advance(6 * 60_000);
  await watchFloat(world.app);
  expect([await open(world), await tasks(world)]).toEqual([[], []]);
});

test('many at once compare once', async () => {
  await pull(); // so that the next one's times can be read in one way only
  lose();
  await pays(430);
  await hourly(world);
  const before = (await alerts(world)).length;
  await askBalance(world.app);
  await world.clock.advance(10_000);
  await world.settled();
  await world.clock.advance(15 * 60_000);
  await Promise.all(Array.from({ length: 8 }, () => watchFloat(world.app)));
  expect([await open(world), (await alerts(world)).length]).toEqual([[[SHORTCODE, 430]], before + 1]);
  await pull();
  await watchFloat(world.app);
  expect(await open(world)).toEqual([]);
});

test('where nothing is new the watch reads once or twice and writes nothing', async () => {
  await world.database.resetRoundTrips();
  expect(await watchFloat(world.app)).toEqual({ compared: 0 });
  expect(await world.database.roundTrips()).toBeLessThanOrEqual(2);
});
