import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { askBalance } from '#mpesa/inquiries/ask-balance.ts';
import { startWorld, type World } from '../world/world.ts';
import { addressOf, openTasks, startAsking, tripsOf, verdictsOn, whileLocked } from './asking.ts';

const SHORTCODE = '174379';
const HOUR = 3_600_000;

let world: World;
let treasurer: Awaited<ReturnType<typeof startAsking>>;
beforeAll(async () => {
  world = await startWorld({ environment: { LOW_FLOAT_SHILLINGS: '5000' } });
  treasurer = await startAsking(world);
});
afterAll(() => world.stop());

beforeEach(() => setFloat(20_000));

const setFloat = (utilityShillings: number, workingShillings = 700) =>
  world.simulator.control.setFloat({ shortcode: SHORTCODE, utilityShillings, workingShillings });
const plan = (changes: object) => world.simulator.control.plan({ api: 'accountbalance', next: 1, ...changes });
const requests = () => world.simulator.control.requests().filter(({ api }) => api === 'accountbalance');
const answer = async (ms = 10_000) => {
  await world.clock.advance(ms);
  await world.settled();
};

async function asked() {
  const { status, body } = await treasurer.askBalance();
  expect([status, body]).toEqual([202, { inquiryId: expect.any(String), state: 'asked' }]);
  return String(body.inquiryId);
}

type Balances = {
  accounts: { account: string; available: number; toldAt: string }[];
  history: { inquiryId: string }[];
  nextBefore: string | null;
};
const balances = async (query = '') => (await treasurer.balances(query)).body as unknown as Balances & Record<string, unknown>;
const utility = async () => (await balances()).accounts.find(({ account }) => account === 'Utility Account')?.available;

describe('the balances', () => {
  test('are told per account with their time, beside what our ledger holds', async () => {
    const id = await asked();
    expect((await balances()).lastAsked).toMatchObject({ inquiryId: id, state: 'asked' });
    await answer();
    const { body, status } = await treasurer.balances();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      accounts: [
        { account: 'Charges Paid Account' },
        { account: 'Organization Settlement Account' },
        {
          account: 'Utility Account',
          currency: 'KES',
          current: 20_000,
          available: 20_000,
          reserved: 0,
          uncleared: 0,
          toldAt: expect.any(String),
        },
        { account: 'Working Account', current: 700 },
      ],
      lastAsked: { inquiryId: id, state: 'answered' },
      history: [{ inquiryId: id, comparison: { safaricom: 20_700, ledger: 0, difference: 20_700 } }],
      nextBefore: null,
    });
  });

  test('have a history in pages that neither lose nor repeat an entry', async () => {
    for (let n = 0; n < 5; n++) {
      await asked();
      await answer();
    }
    const all = (await balances('?limit=500')).history.map(({ inquiryId }) => inquiryId);
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Balances = await balances(`?limit=2${cursor && `&before=${cursor}`}`);
      expect(page.history.length).toBeLessThanOrEqual(2);
      paged.push(...page.history.map(({ inquiryId }) => inquiryId));
      cursor = page.nextBefore;
    }
    expect(paged).toEqual(all);
    expect(all.length).toBeGreaterThanOrEqual(6);
  });

  test('may be below zero', async () => {
    setFloat(20_000, -350);
    await asked();
    await answer();
    expect((await balances()).accounts.find(({ account }) => account === 'Working Account')).toMatchObject({ available: -350 });
  });
});

describe('an answer', () => {
  test('costs one round trip, as does its duplicate and a time-out; a forged one none', async () => {
    plan({ lost: true });
    const id = await asked();
    await answer();
    const body = requests()[0]?.result ?? '';
    const path = addressOf(world, 'account-balance', id);
    expect(await tripsOf(world, path, body)).toEqual({ status: 200, trips: 1 });
    expect(await tripsOf(world, path, body)).toEqual({ status: 200, trips: 1 });
    expect(await tripsOf(world, addressOf(world, 'account-balance', id, 'timeout'), '{}')).toEqual({ status: 200, trips: 1 });
    const token = path.split('/').at(-2) ?? '';
    for (const wrong of [
      path.replace(token, `${token.slice(0, -2)}AA`),
      path.replace('account-balance', 'transaction-status'),
      path.replace(token, 'x'),
    ])
      expect(await tripsOf(world, wrong, body)).toEqual({ status: 404, trips: 0 });
  });

  test('that comes many times at once is kept once', async () => {
    plan({ lost: true });
    const id = await asked();
    await answer();
    const path = addressOf(world, 'account-balance', id);
    const body = requests()[0]?.result ?? '';
    await Promise.all(Array.from({ length: 16 }, () => world.send('POST', path, { body, patient: false })));
    const [row] = await world.database.sql<{ n: number }>('select count(*)::int as n from float_balances where inquiry_id = $1', [id]);
    expect(row?.n).toBe(4);
    expect(await verdictsOn(world, id)).toHaveLength(1);
  });

  test('to another question, or that contradicts the first, is quarantined', async () => {
    await asked();
    await answer();
    const foreign = requests()[0]?.result ?? '';
    plan({ lost: true });
    const id = await asked();
    await answer();
    const path = addressOf(world, 'account-balance', id);
    const body = requests()[0]?.result ?? '';
    await world.send('POST', path, { body: foreign });
    await world.send('POST', path, { body });
    await world.send('POST', path, { body: body.replace('20000.00|20000.00', '99999.00|99999.00') });
    await world.send('POST', path, { body: body.replace('&Charges', '&Ghost Account|KES|5.00|5.00|0.00|0.00&Charges') });
    await world.send('POST', path, { body: body.replace(/&?Charges Paid Account[^&"]*/, '') });
    expect(await verdictsOn(world, id)).toEqual(['other_conversation', 'answers', 'contradicts', 'contradicts', 'contradicts']);
    expect(await utility()).toBe(20_000);
  });

  test('that cannot be read whole keeps no balance, and a sound one that follows is taken', async () => {
    plan({ lost: true });
    const id = await asked();
    await answer();
    setFloat(1);
    const path = addressOf(world, 'account-balance', id);
    const body = requests()[0]?.result ?? '';
    for (const broken of ['', '{}', body.replace('20000.00|20000.00', '1e9|1e9'), body.replace('Utility Account', 'Working Account')])
      await world.send('POST', path, { body: broken });
    expect(await world.database.sql('select 1 from float_balances where inquiry_id = $1', [id])).toEqual([]);
    expect(await openTasks(world)).toEqual([]);
    await world.send('POST', path, { body });
    expect(await utility()).toBe(20_000);
  });
});

test('balances that come after an answer without any are taken', async () => {
  plan({ lost: true });
  const id = await asked();
  await answer();
  const body = requests()[0]?.result ?? '';
  const path = addressOf(world, 'account-balance', id);
  await world.send('POST', path, { body: body.replace(/"ResultCode":"?0"?/, '"ResultCode":"17"') });
  await world.send('POST', path, { body });
  expect(await verdictsOn(world, id)).toEqual(['answers', 'answers']);
  expect(await utility()).toBe(20_000);
});

test('two different answers at the same time: one is taken, the other one is quarantined', async () => {
  plan({ lost: true });
  const id = await asked();
  await answer();
  const body = requests()[0]?.result ?? '';
  const path = addressOf(world, 'account-balance', id);
  const other = body.replaceAll('20000.00|20000.00', '99999.00|99999.00');
  expect(other).not.toBe(body);
  const answers = await whileLocked(world, id, () => [body, other].map((each) => world.send('POST', path, { body: each, patient: false })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect((await verdictsOn(world, id)).sort()).toEqual(['answers', 'contradicts']);
});

describe('a low float', () => {
  afterEach(() => world.database.sql('update reviews set closed_at = now() where closed_at is null'));
  const low = [{ kind: 'low_float', subject: SHORTCODE }];
  const told = async (shillings: number) => {
    setFloat(shillings);
    await asked();
    await answer();
  };

  test('opens one task while it lasts, alerts once, and closes it when it is over', async () => {
    await told(4_999);
    expect(await openTasks(world)).toEqual(low);
    await told(3_000);
    expect(await openTasks(world)).toEqual(low);
    const alerts = () =>
      world.database.sql("select o.id from outbox o join reviews r on o.dedupe_key = 'alert:' || r.id where r.kind = 'low_float'");
    expect(await alerts()).toHaveLength(1);
    await told(5_000);
    expect(await openTasks(world)).toEqual([]);
    const [closed] = await world.database.sql("select closed_by, note from reviews where kind = 'low_float'");
    expect(closed).toEqual({ closed_by: 'malipo', note: 'A later balance suffices.' });
    await told(10);
    expect(await openTasks(world)).toEqual(low);
    expect(await alerts()).toHaveLength(2);
  });

  test('is judged by the newest question: a late answer to an older one neither opens nor closes', async () => {
    plan({ callbackMs: 60_000 });
    setFloat(100);
    await asked();
    await answer(5_000);
    await told(20_000);
    await answer(90_000);
    expect(await openTasks(world)).toEqual([]);

    plan({ callbackMs: 60_000 });
    setFloat(20_000);
    await asked();
    await answer(5_000);
    await told(100);
    await answer(90_000);
    expect(await openTasks(world)).toEqual(low);
  });

  test('on another account than the one that pays out is none', async () => {
    setFloat(20_000, 0);
    await asked();
    await answer();
    expect(await openTasks(world)).toEqual([]);
  });
});

describe('the hourly question', () => {
  let hourly: World;
  beforeAll(async () => {
    hourly = await startWorld();
  });
  afterAll(() => hourly.stop());
  const count = () => hourly.simulator.control.requests().length;

  test('is asked once an hour, whoever asked last, and once when many ask at the same time', async () => {
    const other = await startAsking(hourly);
    const strikeAfter = async (minutes: number) => {
      await hourly.clock.advance((minutes - 1) * 60_000);
      await hourly.pass(1);
    };
    await strikeAfter(1);
    expect(count()).toBe(1);
    await strikeAfter(59);
    expect(count()).toBe(1);
    await strikeAfter(1);
    expect(count()).toBe(2);
    await strikeAfter(30);
    await other.askBalance();
    expect(count()).toBe(3);
    await strikeAfter(59);
    expect(count()).toBe(3);
    await strikeAfter(1);
    expect(count()).toBe(4);
    await hourly.clock.advance(HOUR);
    const holding = hourly.database.sql('begin; lock table inquiries in exclusive mode; select pg_sleep(0.7); commit'); // so that all look at once
    await new Promise((resolve) => setTimeout(resolve, 200));
    const runs = await Promise.all(Array.from({ length: 12 }, () => askBalance(hourly.app)));
    await holding;
    expect(runs.filter(({ asked }) => asked)).toHaveLength(1);
    expect(count()).toBe(5);
  });

  test('without an answer for three hours becomes a task, which the next answer closes', async () => {
    hourly.simulator.control.plan({ api: 'accountbalance', next: 4, lost: true });
    for (let hours = 0; hours < 4; hours++) {
      await hourly.clock.advance(HOUR);
      expect(await openTasks(hourly)).toEqual([]);
      await askBalance(hourly.app);
    }
    expect(await openTasks(hourly)).toEqual([{ kind: 'balance_unknown', subject: SHORTCODE }]);
    await hourly.clock.advance(HOUR);
    await askBalance(hourly.app);
    await hourly.clock.advance(10_000);
    await hourly.settled();
    expect(await openTasks(hourly)).toEqual([]);
  });

  test('does not send a wrong password until the initiator is locked', async () => {
    hourly.simulator.control.plan({ api: 'accountbalance', outcome: 'initiator-invalid', next: 1 });
    await hourly.clock.advance(HOUR);
    await askBalance(hourly.app);
    await hourly.clock.advance(10_000);
    await hourly.settled();
    expect(await openTasks(hourly)).toEqual([{ kind: 'payouts_stopped', subject: 'wrong_credentials' }]);
    const before = count();
    await hourly.clock.advance(2 * HOUR);
    expect(await askBalance(hourly.app)).toEqual({ asked: false });
    expect(count()).toBe(before);
  });
});
