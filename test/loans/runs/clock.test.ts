import { createSecretKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { newId } from '#ground/db/columns.ts';
import { addDays, type Day, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import { lockLoan } from '#sacco/loans/lock-loan.ts';
import { runPenalties } from '#sacco/loans/runs/run-penalties.ts';
import { fallsBetween } from '../../../dev/schedule.ts';
import { readSchedules, strikeDue } from '../../../dev/world/strike-due.ts';
import { type MadeLoan, type MadeMember, makeLoan, makeMember, makeProduct, type ProductRow } from '../../world/lending.ts';
import { strike } from '../../world/route.ts';
import { startWorld, testKey, type World } from '../../world/world.ts';

const never = new Date('9999-01-01');
const MINUTE_MS = 60_000;

let world: World;
let product: ProductRow & { id: string };
let member: MadeMember;
beforeAll(async () => {
  world = await startWorld();
  product = await makeProduct(world, { instalments: 1, penaltyKind: 'fixed', penaltyCents: 10_000n });
  member = await makeMember(world);
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.database.sql('truncate runs, outbox, penalties, waivers, instalments, repayments');
  await world.database.sql("update loans set state = 'closed'");
});

/** A loan whose only instalment was due some days before today. */
const late = (days: number): Promise<MadeLoan> =>
  makeLoan(world, { member, product, disbursedOn: addDays(nairobiDay(world.clock.now()), -7 - days) });

/** Turns the clock to the minute before an hour in Nairobi, of the next day that has it. */
async function beforeHour(hour: number): Promise<Day> {
  const now = world.clock.now();
  const today = nairobiDay(now);
  const day = nairobiMoment(today, hour) > now ? today : addDays(today, 1);
  await world.clock.advance(nairobiMoment(day, hour).getTime() - MINUTE_MS - now.getTime());
  return day;
}

const charged = () => world.database.sql<{ on: string }>(`select charged_on::text as "on" from penalties order by 1`);
const runs = () =>
  world.database.sql(`select job, as_of::text as "asOf", written, finished_at is not null as finished from runs order by 1`);

test('at a quarter past midnight penalties are charged, at eight the digest is promised once for both', async () => {
  const today = await beforeHour(0.25);
  await late(1);
  await world.pass(1);
  expect(await charged()).toEqual([{ on: today }]);
  expect(await runs()).toEqual([{ job: 'penalties', asOf: today, written: 1, finished: true }]);
  await beforeHour(8);
  await world.pass(1);
  expect(await runs()).toEqual([
    { job: 'penalties', asOf: today, written: 1, finished: true },
    { job: 'reminders', asOf: today, written: 0, finished: true },
  ]);
  expect(await world.database.sql(`select message ->> 'on' as "on" from outbox where message ->> 'kind' = 'digest'`)).toEqual([
    { on: today },
  ]);
});

test('nights without any run are noticed, and charged with their own dates by the next', async () => {
  await late(1);
  const before = nairobiDay(world.clock.now());
  expect(await strike('scheduled-penalties')).toMatchObject({ penalties: { written: 1, missedNights: 0 } });
  const next = await makeLoan(world, { member, product, disbursedOn: addDays(before, -6) });
  await world.clock.advance(5 * 24 * 60 * MINUTE_MS);
  world.logLines.length = 0;
  expect(await strike('scheduled-penalties')).toMatchObject({
    penalties: { written: 1, finished: true, missedNights: 4 },
    hand_over: 'nothing left',
  });
  expect(world.logLines.filter((line) => line.includes('"nights_missed"') && line.includes('"nights":4'))).toHaveLength(1);
  expect(await world.database.sql('select charged_on::text as "on" from penalties where loan_id = $1', [next.id])).toEqual([
    { on: addDays(before, 2) },
  ]);
});

test('what the scheduled function had no time for is finished by the function in the background', async () => {
  await late(1);
  const today = nairobiDay(world.clock.now());
  await runPenalties(world.app, today, new Date(0));
  expect(await runs()).toEqual([{ job: 'penalties', asOf: today, written: 0, finished: false }]);
  expect(await strike('scheduled-reminders')).toMatchObject({ hand_over: 'handed over' });
  expect(await charged()).toHaveLength(1);
  expect(await runs()).toMatchObject([
    { job: 'penalties', written: 1, finished: true },
    { job: 'reminders', finished: true },
  ]);
});

test('when nobody finishes it, the next minute does', async () => {
  await late(1);
  await runPenalties(world.app, nairobiDay(world.clock.now()), new Date(0));
  await world.pass(1);
  expect(await runs()).toMatchObject([{ job: 'penalties', written: 1, finished: true }]);
});

test('nobody starts the function in the background without a token of ours from these minutes', async () => {
  await late(1);
  await runPenalties(world.app, nairobiDay(world.clock.now()), new Date(0));
  const keys = world.app.config.callback.tokenKeys;
  const now = world.clock.now().getTime();
  const idAt = (ms: number) =>
    `${ms
      .toString(16)
      .padStart(12, '0')
      .replace(/^(.{8})/, '$1-')}${newId().slice(13)}`;
  const forged = makeCallbackToken([createSecretKey(testKey('x'), 'base64')], 'runs', idAt(now));
  const tokens = {
    nonsense: 'nonsense',
    empty: '%20',
    forged,
    'for something else': makeCallbackToken(keys, 'stk', idAt(now)),
    'of an hour ago': makeCallbackToken(keys, 'runs', idAt(now - 60 * MINUTE_MS)),
    'of tomorrow': makeCallbackToken(keys, 'runs', idAt(now + 24 * 60 * MINUTE_MS)),
  };
  for (const [what, token] of Object.entries(tokens)) {
    const response = await world.send('POST', `/api/runs/${token}/finish`);
    expect([response.status, await response.text()], what).toEqual([404, 'Not Found']);
  }
  expect(await charged()).toEqual([]);
  expect((await world.send('POST', `/api/runs/${makeCallbackToken(keys, 'runs', idAt(now))}/finish`)).status).toBe(200);
  expect(await charged()).toHaveLength(1);
});

describe('the gate', () => {
  const night = (deadline = never) => runPenalties(world.app, nairobiDay(world.clock.now()), deadline);

  test('a run waits for who is changing a loan, and charges on what they leave', async () => {
    const loan = await late(1);
    let running: ReturnType<typeof night> | undefined;
    await world.app.db.transaction(async (tx) => {
      await lockLoan(tx, loan.id);
      running = night();
      await sleep(300);
      expect(await charged()).toEqual([]);
      await tx.execute(`update instalments set paid_principal_cents = principal_cents where loan_id = '${loan.id}'`);
    });
    expect(await running).toEqual({ written: 0, finished: true });
    expect(await charged()).toEqual([]);
  });

  test('who holds it for too long does not stop the others: the run goes on later', async () => {
    const loan = await late(1);
    let other: Promise<unknown> | undefined;
    await world.app.db.transaction(async (tx) => {
      await lockLoan(tx, loan.id);
      const running = night();
      await sleep(200);
      other = world.app.db.transaction(async (second) => lockLoan(second, loan.id)); // stands behind the run, and then behind us
      expect(await running).toEqual({ written: 0, finished: false });
    });
    await other;
    expect(await night()).toEqual({ written: 1, finished: true });
  });
});

describe('the clock of the local world', () => {
  const at = (time: string) => new Date(`2026-11-30T${time}Z`);

  test.each([
    ['15 21 * * *', '21:14:59', '21:15:00', true],
    ['15 21 * * *', '21:15:00', '21:15:59', false],
    ['15 21 * * *', '20:00:00', '23:00:00', true],
    ['15 21 * * *', '21:16:00', '23:59:00', false],
    ['0 5 * * *', '04:59:30', '05:00:10', true],
    ['0 5 * * *', '16:00:00', '16:00:30', false],
    ['* * * * *', '16:00:50', '16:01:05', true],
    ['* * * * *', '16:00:10', '16:00:25', false],
  ])('%s falls between %s and %s: %s', (schedule, after, until, expected) => {
    expect(fallsBetween(schedule, at(after), at(until))).toBe(expected);
  });

  test('after a night in which the machine slept it strikes once', () => {
    expect(fallsBetween('15 21 * * *', new Date('2026-11-20T12:00:00Z'), new Date('2026-11-30T08:00:00Z'))).toBe(true);
  });

  test('it strikes what runs each minute at every look, the others at their hour, and one that fails keeps none from its turn', async () => {
    const schedules = await readSchedules();
    expect(schedules.map(({ name, schedule }) => `${name} ${schedule}`).sort()).toEqual([
      'scheduled-minute * * * * *',
      'scheduled-penalties 15 21 * * *',
      'scheduled-reminders 0 5 * * *',
    ]);
    let now = at('21:14:50');
    const struck: string[] = [];
    const look = strikeDue(
      schedules,
      async (name) => {
        struck.push(name);
        if (name === 'scheduled-minute') throw new Error('it failed');
      },
      () => now,
    );
    for (const time of ['21:14:55', '21:15:05', '21:15:20']) {
      now = at(time);
      await expect(look()).rejects.toThrow('it failed');
    }
    expect(struck.filter((name) => name === 'scheduled-minute')).toHaveLength(3);
    expect(struck.filter((name) => name !== 'scheduled-minute')).toEqual(['scheduled-penalties']);
  });
});
