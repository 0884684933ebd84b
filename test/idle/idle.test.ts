import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { storeName } from '#ground/blobs/open-store.ts';
import { NEWEST_MIGRATION } from '#ground/db/newest-migration.ts';
import { noticeBody } from '../paybill/paybill.ts';
import { keep, keptKeys } from '../spill/kept.ts';
import { push } from '../world/checkout.ts';
import { sqlRequests } from '../world/count-requests.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { dueIn, tripsOf, wakes } from './trips.ts';

const AN_HOUR = 60;

let world: World;
beforeAll(async () => {
  world = await startWorld({ blobs: true, environment: { MPESA_PULL: 'on' } });
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.pass(70); // whatever went before is done, and the first balances are in
});

const health = async (query = '') => {
  const response = await world.send('GET', `/api/health${query}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const tripsOfMinutes = (minutes: number) => tripsOf(world, minutes);

test('an idle hour wakes the database four times at most, pull and balances included, and each minute still calls the watch and health', async () => {
  const trips = await tripsOfMinutes(AN_HOUR);
  expect(wakes(trips)).toBeLessThanOrEqual(4);
  expect(wakes(trips)).toBeGreaterThan(0);
  expect(trips.filter((asked) => asked === 0).length).toBeGreaterThanOrEqual(44);
  const before = sqlRequests();
  expect(await health()).toMatchObject({ status: 200, body: { status: 'ok', minuteEndedAt: world.clock.now().toISOString() } });
  expect(sqlRequests()).toBe(before);
  const deep = await health('?deep=1');
  expect(deep).toMatchObject({ status: 200, body: { status: 'ok', minuteEndedAt: world.clock.now().toISOString() } });
  expect([sqlRequests() > before, deep.body.sleepsUntil]).toEqual([true, undefined]);
}, 120_000);

test('health does not believe the sleep of a database that lacks a migration: it says 503, and 200 without waking it once a minute has seen the migration', async () => {
  const migration = (change: string) =>
    world.database.sql(
      `update drizzle.__drizzle_migrations set created_at = created_at ${change} where created_at = (select max(created_at) from drizzle.__drizzle_migrations)`,
    );
  await migration('- 1');
  await world.pass(15); // a minute asks the database
  const trips = await tripsOfMinutes(1);
  expect(trips).toEqual([0]);
  expect(await health()).toMatchObject({
    status: 503,
    body: { status: 'failing', reasons: [expect.stringContaining(NEWEST_MIGRATION.tag)] },
  });
  await migration('+ 1');
  expect(await health()).toMatchObject({ status: 200 });
  await world.pass(20);
  const before = sqlRequests();
  expect(await health()).toMatchObject({ status: 200, body: { sleepsUntil: expect.any(String) } });
  expect(sqlRequests()).toBe(before);
}, 120_000);

test('an idle minute with the database awake costs one round trip', async () => {
  await world.send('GET', '/api/items');
  const [first, second] = await tripsOfMinutes(2);
  expect([first, second]).toEqual([1, 1]);
}, 120_000);

test('what a request has promised is done in the next minute, as if nobody slept', async () => {
  expect((await push(world)).response.status).toBe(201);
  const [prompt] = await tripsOfMinutes(1);
  expect(prompt).toBeGreaterThan(1);
}, 120_000);

test('a promise for a moment between two quarters is kept in its minute', async () => {
  await world.pass(15 - (world.clock.now().getUTCMinutes() % 15));
  await world.pass(2);
  await world.database.sql(
    `insert into outbox (id, dedupe_key, message, due_at) values (gen_random_uuid(), 'idle', '{"kind":"nobody knows this"}', $1)`,
    [new Date(world.clock.now().getTime() + 5 * 60_000)],
  );
  await world.send('GET', '/api/items'); // as whatever wrote it did
  const trips = await tripsOfMinutes(6);
  expect(trips.slice(0, 4)).toEqual([1, 1, 0, 0]); // it is asked while the request may still write
  expect(trips[4]).toBeGreaterThan(1);
  const [message] = await world.database.sql<{ tries: number }>("select tries from outbox where dedupe_key = 'idle'");
  expect(message?.tries).toBe(1);
  await world.database.sql("delete from outbox where dedupe_key = 'idle'");
}, 120_000);

test('a callback that is kept elsewhere wakes it', async () => {
  await keep(world, { way: 'c2b-confirmation', body: noticeBody({ TransID: 'QAB1CD2EF3' }) });
  await world.pass(1);
  expect(keptKeys(world)).toEqual([]);
}, 120_000);

test('where nobody knows whether anything is due the database is asked', async () => {
  rmSync(path.join(String(world.blobsFolder), 'entries', 'local', `site:${storeName(world.app.config, 'rest')}`), { recursive: true });
  expect((await tripsOfMinutes(1))[0]).toBeGreaterThan(0);
  const context = process.env.NETLIFY_BLOBS_CONTEXT;
  delete process.env.NETLIFY_BLOBS_CONTEXT;
  expect(await tripsOfMinutes(3)).not.toContain(0);
  expect((await health()).status).toBe(200);
  process.env.NETLIFY_BLOBS_CONTEXT = context;
}, 120_000);

test('a step that failed is done again in the next minute, until it works', async () => {
  await world.database.sql('alter table counters rename to away');
  await world.pass(15);
  expect(await world.database.sql("select subject from reviews where kind = 'job_failed' and closed_at is null")).toEqual([
    { subject: 'purge_limits' },
  ]);
  await world.database.sql('alter table away rename to counters');
  expect(await strike('scheduled-minute')).toMatchObject({ purge_limits: 0 });
  expect(await world.database.sql("select subject from reviews where kind = 'job_failed' and closed_at is null")).toEqual([]);
}, 120_000);

test('no step is due where nothing waits', async () => {
  expect(await dueIn(world)).toEqual([]);
  expect(readdirSync(String(world.blobsFolder)).length).toBeGreaterThan(0);
}, 120_000);
