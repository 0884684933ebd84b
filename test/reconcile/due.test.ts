import { afterAll, beforeAll, expect, test } from 'vitest';
import { payBill, register } from '../paybill/paybill.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, importedAndSigned } from './importing.ts';

const DAY_MS = 24 * 3_600_000;

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' } });
  expect((await register(world)).status).toBe(200);
});
afterAll(() => world.stop());

const due = async () =>
  (
    await world.database.sql<{ subject: string }>(
      "select subject from reviews where kind = 'statement_due' and closed_at is null order by opened_at, subject",
    )
  ).map(({ subject }) => subject);
const passDays = async (days: number) => {
  for (let day = 0; day < days; day++) {
    await world.clock.advance(DAY_MS);
    await strike('scheduled-reminders');
  }
};

test("last month's statement is asked for on the 1st, per short code that money moved on, until one that covers all of it is signed", async () => {
  await passDays(2);
  expect(await due()).toEqual([]); // nothing has moved yet
  await payBill(world, { account: 'SHAMBA', amountShillings: 100 });
  await world.pass(6);
  await passDays(5);
  expect(await due()).toEqual([]);
  await passDays(4);
  await passDays(2);
  expect(await due()).toEqual(['174379:2026-11-01/2026-11-30']);
  const { bytes, name } = await exported(world, { from: '2026-11-01', to: '2026-11-29' });
  await importedAndSigned(world, bytes, name);
  expect(await due()).toEqual(['174379:2026-11-01/2026-11-30']);
  const rest = await exported(world, { from: '2026-11-30', to: '2026-11-30' });
  await importedAndSigned(world, rest.bytes, rest.name);
  expect(await due()).toEqual([]);
  await passDays(3);
  expect(await due()).toEqual([]);
});

test('where nothing is pulled a statement is asked for each week, and a person who closes the task without one is asked again', async () => {
  world.app.config.paybill.pull = false;
  await passDays(7);
  const asked = await due();
  expect(asked).toHaveLength(2);
  for (const subject of asked) expect(subject).toMatch(/^174379:2026-1[12]-\d\d\/2026-12-\d\d$/);
  await world.database.sql("update reviews set closed_at = now(), closed_by = 'test' where kind = 'statement_due' and subject = $1", [
    asked[1],
  ]);
  await passDays(1);
  expect(await due()).toEqual(asked);
  const [from = '', to = ''] = (asked[1]?.split(':')[1] ?? '').split('/');
  const { bytes, name } = await exported(world, { from, to });
  await importedAndSigned(world, bytes, name);
  expect(await due()).toEqual([asked[0]]);
});
