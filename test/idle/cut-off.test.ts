import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readRest } from '#ground/runs/rest.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ blobs: true });
  await world.pass(70);
});
afterAll(() => world.stop());

const hang = () => new Promise(() => undefined);

/** The site is idle until the next quarter; then a request promises a message, due `minutes` from now. */
async function promised(key: string, minutes: number): Promise<void> {
  await world.pass(15 - (world.clock.now().getUTCMinutes() % 15));
  await world.pass(3);
  expect((await readRest(world.app))?.sleeps).toBe(true);
  await world.database.sql(
    `insert into outbox (id, dedupe_key, message, due_at) values (gen_random_uuid(), $2, '{"kind":"nobody knows this"}', $1)`,
    [new Date(world.clock.now().getTime() + minutes * 60_000), key],
  );
  await world.send('GET', '/api/items'); // as whatever wrote it did
}
/** How often the message was tried after each of the next minutes. */
async function triesOf(key: string, minutes: number): Promise<number[]> {
  const tries: number[] = [];
  for (let n = 0; n < minutes; n++) {
    await world.pass(1);
    const [row] = await world.database.sql<{ tries: number }>('select tries from outbox where dedupe_key = $1', [key]);
    tries.push(row?.tries ?? -1);
  }
  return tries;
}

test('minutes that could not write to Blobs leave nothing asleep that is due', async () => {
  await promised('unwritten', 5);
  const real = globalThis.fetch;
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation((...about) => {
    const method = (about[1]?.method ?? (about[0] as Request).method ?? 'GET').toUpperCase();
    const url = String((about[0] as Request).url ?? about[0]);
    if (method === 'PUT' && url.includes('rest-')) return Promise.reject(new Error('Blobs are away'));
    return real(...about);
  });
  await world.pass(3);
  spy.mockRestore();
  expect(world.logLines.some((line) => line.includes('rest_not_written'))).toBe(true);
  expect((await triesOf('unwritten', 3))[1]).toBe(1); // five minutes after it was promised
  await world.database.sql("delete from outbox where dedupe_key = 'unwritten'");
}, 120_000);

test('minutes that the platform ended while the database hung leave nothing asleep that is due', async () => {
  await promised('hung', 0);
  const db = world.app.db as unknown as Record<string, unknown>;
  const kept = { execute: db.execute, batch: db.batch, transaction: db.transaction, query: db.query };
  Object.assign(db, { execute: hang, batch: hang, transaction: hang, query: hang });
  for (let n = 0; n < 2; n++) {
    await world.clock.advance(60_000);
    void strike('scheduled-minute'); // the platform ends it after 30 s: it never comes to its end
    await sleep(700);
  }
  Object.assign(db, kept);
  await world.clock.advance(60_000); // by then the request came three minutes ago
  expect((await triesOf('hung', 1))[0]).toBe(1);
  await world.database.sql("delete from outbox where dedupe_key = 'hung'");
}, 120_000);
