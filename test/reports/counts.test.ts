import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scaled } from '../world/counts.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { History, step } from './history.ts';

let database: FreshDatabase;
let history: History;
beforeAll(async () => {
  database = await freshDatabase();
  history = new History(database);
});
afterAll(async () => {
  while (history.isHolding) await history.release();
  await database.drop();
});

/** At once, or as soon as no transaction of another test is open that is older than what was booked: numbers of transactions are those of the whole server. */
async function agrees(): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const { counted, truth } = await history.compare();
    if (isDeepStrictEqual(counted, truth)) return;
    await setTimeout(50);
    await history.count();
  }
  const { counted, truth } = await history.compare();
  expect(counted).toEqual(truth);
}

test('whatever happens, late or backdated, in whatever order and in transactions that stay open, the days are what the rows say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      for (const one of steps) {
        await history.take(one);
        if (one.does === 'count' && !history.isHolding) await agrees();
      }
      while (history.isHolding) await history.release();
      await history.count();
      await agrees();
    }),
    { numRuns: scaled(12), endOnFailure: true },
  );
  expect(await database.sql('select recount_reports_1($1) as differ', ['2030-01-01'])).toEqual([{ differ: 0 }]);
}, 300_000);

test('a change in a transaction that began before its slot was watched is not missed', async () => {
  const asked = { does: 'ask', age: 0, purpose: 'order', shillings: 10, held: true } as const;
  await history.count();
  await history.take(asked);
  for (let minute = 0; minute < 40; minute++) {
    await history.take({ does: 'pass', minutes: 1 });
    await history.take({ does: 'ask', age: 0, purpose: 'donation', shillings: 5, held: false });
    await history.count();
  }
  await history.release();
  await history.count();
  await agrees();
});

test('a minute in which nothing happened writes nothing', async () => {
  for (let minute = 0; minute < 5; minute++) {
    await history.take({ does: 'pass', minutes: 15 });
    await history.count();
  }
  const written = () =>
    database.sql(`
      select (select xmin::text from count_mark), (select count(*) from late_slots) as late,
        (select max(xmin::text::bigint) from slot_counts) as slots, (select max(xmin::text::bigint) from day_counts) as days, (select max(xmin::text::bigint) from ledger_days) as ledger`);
  const quiet = async () => {
    const before = await written();
    await history.take({ does: 'pass', minutes: 15 });
    await history.count();
    return JSON.stringify(await written()) === JSON.stringify(before);
  };
  // what came before is counted for good once no earlier transaction runs, in any database of the server: those of other tests are waited for
  await expect.poll(quiet, { timeout: 30_000, interval: 200 }).toBe(true);
  expect(await quiet()).toBe(true);
});

test('what was changed past the triggers is found by the night', async () => {
  await history.take({ does: 'ask', age: 0, purpose: 'order', shillings: 7, held: false });
  for (let minute = 0; minute < 30; minute++) {
    await history.take({ does: 'pass', minutes: 1 });
    await history.count();
  }
  await database.sql(
    "set session_replication_role = replica; update payments set state = 'paid', status = 'paid' where amount_cents = 700 and state = 'pending'; set session_replication_role = default",
  );
  expect((await database.sql<{ differ: number }>('select recount_reports_1($1) as differ', ['2030-01-02']))[0]?.differ).toBeGreaterThan(0);
  await agrees();
  expect(await database.sql('select recount_reports_1($1) as differ', ['2030-01-02'])).toEqual([{ differ: 0 }]); // once a day
});
