import { afterAll, beforeAll, expect, test } from 'vitest';
import { payBill, register } from '../paybill/paybill.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, importedAndSigned } from './importing.ts';

// The portal's newer layout says its days in the file's name alone, and not when it was exported.

const DAY_MS = 24 * 3_600_000;
let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' } });
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 100 });
});
afterAll(() => world.stop());

const open = async () =>
  (
    await world.database.sql<{ task: string }>(
      "select kind || ' ' || subject as task from reviews where closed_at is null and kind in ('statement_due', 'statement_incomplete') order by 1",
    )
  ).map(({ task }) => task);
/** On to the first morning of a month. */
const firstOf = async (month: string) => {
  await world.clock.advance(new Date(`${month}-01T06:00:00Z`).getTime() - world.clock.now().getTime());
  await strike('scheduled-reminders');
};
const sign = async (from: string, to: string) => {
  const { bytes, name } = await exported(world, { layout: 'V2', from, to });
  return importedAndSigned(world, bytes, name);
};

test('a month is covered by the file that is named for it, once the month is over, though its newest line is of the middle', async () => {
  await world.clock.advance(2 * DAY_MS);
  await sign('2026-11-01', '2026-11-30'); // too early: the month goes on
  await firstOf('2026-12');
  expect(await open()).toContain('statement_due 174379:2026-11-01/2026-11-30');
  await payBill(world, { account: 'SHAMBA', amountShillings: 200 }); // what was exported in November is no other file without a further line
  const { covers } = (await sign('2026-11-01', '2026-12-01')) as unknown as { covers: { to: string } };
  expect(new Date(covers.to) < new Date('2026-12-01T21:00:00Z')).toBe(true); // what it refutes ends with its newest line
  expect(await open()).not.toContain('statement_due 174379:2026-11-01/2026-11-30');
  await world.clock.advance(DAY_MS);
  await sign('2026-12-01', '2026-12-31');
  await firstOf('2027-01');
  expect(await open()).toContain('statement_due 174379:2026-12-01/2026-12-31'); // it was imported in December
});

test('a month in which nothing moved is a file without a line: two people sign it, and it refutes nothing', async () => {
  await firstOf('2027-02');
  expect(await open()).toContain('statement_due 174379:2027-01-01/2027-01-31');
  const quiet = await sign('2027-01-01', '2027-01-31');
  expect(quiet).toMatchObject({
    state: 'done',
    whole: false,
    refutes: false,
    progress: { lines: 0 },
    problems: [{ problem: expect.stringContaining('two people') }],
  });
  expect((await open()).filter((task) => task.includes('2027-01') || task.startsWith('statement_incomplete 1'))).toEqual([]);
  // what follows joins the last one with lines
  await payBill(world, { account: 'SHAMBA', amountShillings: 300 });
  await world.clock.advance(DAY_MS);
  expect(await sign('2027-02-01', '2027-02-01')).toMatchObject({ state: 'done', refutes: true });
});
