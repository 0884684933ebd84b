import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '#ground/db/client.ts';
import { settings } from '../../bench/callbacks/settings.ts';
import { countedDays, type Measured, measureReports } from '../../bench/reports/measure-reports.ts';
import { MORE_PAGES } from '../../bench/reports/reports.ts';
import { type GrowingDatabase, growingDatabase } from '../growth/growing-database.ts';
import { scaled } from '../world/counts.ts';
import { truth } from './truth.ts';

/** A million payments with MALIPO_TEST_SCALE=16. */
const [SMALL, LARGE] = [6_000, Math.min(1_000_000, scaled(60_000))];

let database: GrowingDatabase;
const measured: Measured[][] = [];
const agreed: boolean[] = [];
beforeAll(async () => {
  database = await growingDatabase();
  const db = connect(database.url);
  for (const [before, size] of [
    [0, SMALL],
    [SMALL, LARGE],
  ] as const) {
    measured.push((await measureReports(database, { db, config: settings(database.url) }, before, size)).measured);
    expect(await countedDays(database)).toEqual(await truth(database));
    agreed.push(true);
  }
  await db.close();
}, 900_000);
afterAll(() => database.drop());

test('a database with a history is counted from its first payment on, as the rows say', () => {
  expect(agreed).toEqual([true, true]);
});

test('no report, and no minute, touches more pages with ten times the payments', () => {
  const [small = [], large = []] = measured;
  expect(small.length).toBeGreaterThan(10);
  const grown = large.filter(({ pages }, n) => pages > (small[n]?.pages ?? 0) + MORE_PAGES);
  expect(grown).toEqual([]);
});
