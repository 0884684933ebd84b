import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, nairobiDay } from '#ground/time/nairobi.ts';
import { makeLoan, makeProduct } from '../world/lending.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

type Report = {
  classes: { class: string; loans: number; principal: number; overdue: number; penalties: number }[];
  total: { loans: number; principal: number; overdue: number };
  portfolioAtRisk: { lateForMoreThanDays: number; principal: number; percent: number }[];
};

let world: World;
let headers: { authorization: string };
beforeAll(async () => {
  world = await startWorld();
  headers = await signedIn(world, 'treasurer');
});
afterAll(() => world.stop());

const report = async (): Promise<Report> => (await world.send('GET', '/api/reports/arrears', { headers })).json() as Promise<Report>;

test('an empty book has no arrears and nothing at risk', async () => {
  const { classes, total, portfolioAtRisk } = await report();
  expect(classes.map(({ loans }) => loans)).toEqual([0, 0, 0, 0, 0]);
  expect(total).toEqual({ loans: 0, principal: 0, overdue: 0, penalties: 0 });
  expect(portfolioAtRisk.map(({ percent }) => percent)).toEqual([0, 0, 0]);
});

test('loans stand in the class of their oldest unpaid day, on the first and the last day of each', async () => {
  const product = await makeProduct(world, { instalments: 1 });
  const today = nairobiDay(world.clock.now());
  for (const lateDays of [-3, 0, 1, 30, 31, 90, 91, 180, 181])
    await makeLoan(world, { product, principalCents: 100_000n, disbursedOn: addDays(today, -7 - lateDays) });
  const { classes, total, portfolioAtRisk } = await report();
  expect(classes.map((one) => [one.class, one.loans, one.principal, one.overdue])).toEqual([
    ['performing', 2, 2000, 0],
    ['watch', 2, 2000, 2000],
    ['substandard', 2, 2000, 2000],
    ['doubtful', 2, 2000, 2000],
    ['loss', 1, 1000, 1000],
  ]);
  expect(total).toMatchObject({ loans: 9, principal: 9000, overdue: 7000 });
  expect(portfolioAtRisk).toEqual([
    { lateForMoreThanDays: 0, principal: 7000, percent: 77.78 },
    { lateForMoreThanDays: 30, principal: 5000, percent: 55.56 },
    { lateForMoreThanDays: 90, principal: 3000, percent: 33.34 },
  ]);
});

test('a paid instalment is no arrear, an unpaid penalty is shown, and a closed loan does not count', async () => {
  const before = await report();
  const product = await makeProduct(world, { instalments: 2 });
  const today = nairobiDay(world.clock.now());
  const loan = await makeLoan(world, { product, principalCents: 100_000n, disbursedOn: addDays(today, -8) });
  const closed = await makeLoan(world, { product, principalCents: 100_000n, disbursedOn: addDays(today, -60) });
  await world.database.sql("update loans set state = 'closed' where id = $1", [closed.id]);
  await world.database.sql('update instalments set paid_principal_cents = principal_cents where loan_id = $1 and number = 1', [loan.id]);
  await world.database.sql(
    `insert into penalties (loan_id, number, period, charged_on, days, base_cents, amount_cents, paid_cents, recorded_at) values ($1, 1, 1, $2, 1, 50000, 5000, 2000, now())`,
    [loan.id, today],
  );
  const after = await report();
  const [was, is] = [before.classes[0], after.classes[0]];
  expect([is?.loans, is?.principal, is?.overdue, is?.penalties]).toEqual([(was?.loans ?? 0) + 1, (was?.principal ?? 0) + 500, 0, 30]);
  expect(after.total.loans).toBe(before.total.loans + 1);
});

test('the classes come as CSV', async () => {
  const response = await world.send('GET', '/api/reports/arrears?format=csv', { headers });
  expect(response.headers.get('content-disposition')).toMatch(/arrears-2026-11-21\.csv/);
  expect((await response.text()).split('\n')[0]).toBe('class,fromDays,loans,principal,overdue,penalties');
});
