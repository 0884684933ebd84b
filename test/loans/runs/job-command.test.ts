import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import { runJob } from '../../../dev/job.ts';
import { makeLoan, makeMember, makeProduct } from '../../world/lending.ts';
import { startWorld, type World } from '../../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  const product = await makeProduct(world, { instalments: 1, penaltyKind: 'fixed', penaltyCents: 10_000n, penaltyFrequency: 'per_period' });
  await makeLoan(world, { member: await makeMember(world), product, disbursedOn: addDays(nairobiDay(world.clock.now()), -8) });
});
afterAll(() => world.stop());

/** Runs the command and returns what it said, the exit code first. */
async function job(...argv: string[]): Promise<[number, string]> {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  let opened = false;
  const db = () => {
    opened = true;
    return world.app.db;
  };
  const code = await runJob(argv, { db, clock: world.clock, print: say, complain: say });
  expect(opened).toBe(code === 0 && !argv.includes('--help')); // nonsense does not open the database
  return [code, lines.join('\n')];
}

test('it charges what is due, once, and says how much it wrote', async () => {
  expect(await job('penalties')).toEqual([0, 'Charged 1 penalty up to 2026-11-21.']);
  expect(await job('penalties')).toEqual([0, 'Charged 0 penalties up to 2026-11-21.']);
  expect(await job('penalties', '--as-of', '2026-11-20')).toEqual([0, 'Charged 0 penalties up to 2026-11-20.']);
});

test('a day to come is refused for penalties, unless it is meant', async () => {
  const [code, said] = await job('penalties', '--as-of', '2026-12-05');
  expect([code, said]).toEqual([2, expect.stringContaining('2026-12-05 is still to come, and today is 2026-11-21. Add --yes')]);
  expect(await job('penalties', '--as-of', '2026-12-05', '--yes')).toEqual([0, 'Charged 2 penalties up to 2026-12-05.']);
});

test('it promises reminders of a day, none of a day that is over', async () => {
  await world.database.sql('truncate outbox');
  expect(await job('reminders')).toEqual([0, 'Promised 1 message for 2026-11-21.']);
  expect(await job('reminders')).toEqual([0, 'Promised 0 messages for 2026-11-21.']);
  expect(await job('reminders', '--as-of', '2026-11-19')).toEqual([0, 'Promised 0 messages for 2026-11-19.']);
  expect(await job('reminders', '--as-of', '2026-11-23')).toEqual([0, 'Promised 1 message for 2026-11-23.']);
  expect(await world.database.sql("select due_at from outbox where message ->> 'on' = '2026-11-23'")).toEqual([
    { due_at: nairobiMoment('2026-11-23', 8) },
  ]);
});

test.each([
  [[], 'Say which: penalties or reminders.'],
  [['dividends'], 'There is no job "dividends": penalties or reminders.'],
  [['penalties', 'reminders'], 'Too much: reminders.'],
  [['penalties', '--as-of', 'yesterday'], '--as-of takes a day such as 2026-11-30, not yesterday.'],
  [['penalties', '--as-of', '2026-02-30'], '--as-of takes a day such as 2026-11-30, not 2026-02-30.'],
  [['penalties', '--as-of', '30/11/2026'], '--as-of takes a day'],
  [['penalties', '--upto', '2026-11-30'], "Unknown option '--upto'"],
])('%j is refused in words', async (argv, words) => {
  const [code, said] = await job(...argv);
  expect(code).toBe(2);
  expect(said).toContain(words);
  expect(said).toContain('npm run job -- penalties --as-of');
});

test('it explains itself', async () => {
  expect(await job('--help')).toEqual([0, expect.stringContaining('Days are days in Nairobi.')]);
});
