import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '#ground/db/client.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';

let mine: FreshDatabase;
let other: FreshDatabase;

beforeAll(async () => {
  [mine, other] = await Promise.all([freshDatabase(), freshDatabase()]);
});

afterAll(async () => {
  await Promise.all([mine.drop(), other.drop()]);
});

it('has every migration applied', async () => {
  const [applied] = await mine.sql<{ n: string }>('select count(*) as n from drizzle.__drizzle_migrations');
  expect(Number(applied?.n)).toBeGreaterThan(0);
});

it('is nobody else’s', async () => {
  await mine.sql('create table only_here (id int)');
  await expect(other.sql('select * from only_here')).rejects.toMatchObject({ code: '42P01' });
});

it('counts the round trips of the application, and only those', async () => {
  const db = connect(mine.url);
  await db.execute('select 1');
  await mine.resetRoundTrips();
  await mine.sql('select 1');
  expect(await mine.roundTrips()).toBe(0);
  await db.execute('select 1');
  await db.execute('select 2');
  expect(await mine.roundTrips()).toBe(2);
  expect(await other.roundTrips()).toBe(0);
});

it('goes on after its connections were cut', async () => {
  const db = connect(mine.url);
  await db.execute('select 1');
  await mine.sql('select 1');
  await mine.dropConnections();
  await db.execute('select 1');
  await expect.poll(() => mine.sql('select 1 as one')).toEqual([{ one: 1 }]);
});

it('is gone once dropped', async () => {
  const brief = await freshDatabase();
  await brief.drop();
  expect(await mine.sql('select 1 from pg_database where datname = $1', [brief.name])).toEqual([]);
});
