import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { NEWEST_MIGRATION } from '#ground/db/newest-migration.ts';
import { operator } from '../world/operator.ts';
import { signIn, signInAs } from '../world/people.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Listener, startListener } from './listener.ts';

let world: World;
let watch: Listener;
beforeAll(async () => {
  watch = await startListener();
  world = await startWorld({ environment: { HEARTBEAT_URL: `${watch.url}/beat/secret` } });
});
afterAll(async () => {
  await world.stop();
  watch.stop();
});
beforeEach(() => world.pass(1));
afterEach(() => {
  watch.answer.status = 200;
});

const health = async (by?: { headers: Record<string, string> }) => {
  const response = await world.send('GET', '/api/health', by ?? {});
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test('it is 200 while the minute runs, with what waits and the open tasks by kind', async () => {
  await world.database.sql(
    "insert into reviews (id, kind, subject, opened_at) values (gen_random_uuid(), 'low_float', 'b2c', now()), (gen_random_uuid(), 'low_float', '600000', now())",
  );
  const treasurer = await signInAs(world, 'treasurer');
  expect(await health(treasurer)).toMatchObject({
    status: 200,
    body: { status: 'ok', reasons: [], minuteEndedAt: world.clock.now().toISOString(), pending: 0, reviews: 2, tasks: { low_float: 2 } },
  });
  await world.database.sql('update reviews set closed_at = now()');
  expect((await health({ headers: await operator(world, 'tasks:read') })).body).toMatchObject({ tasks: {} });
});

test('strangers, customers, members and other keys read whether it is well, and nothing of what waits', async () => {
  for (const by of [undefined, await signIn(world), await signInAs(world, 'member'), { headers: await operator(world, 'payments:read') }])
    expect((await health(by)).body).toEqual({
      ...{ status: 'ok', reasons: [], minuteEndedAt: expect.any(String), keepsElsewhere: false, proof: 'by status, statement' },
    });
});

test('it is 503 with the reason when the minute has not ended for more than three minutes, however quiet it is', async () => {
  await world.clock.advance(3 * 60_000);
  expect((await health()).status).toBe(200);
  await world.clock.advance(1_000);
  const late = await health();
  expect(late).toMatchObject({ status: 503, body: { status: 'failing', reasons: [expect.stringContaining('3 minutes ago')] } });
  await world.clock.advance(3 * 3_600_000);
  expect((await health()).body.reasons).toEqual([expect.stringContaining('183 minutes ago')]);
  await strike('scheduled-minute');
  expect((await health()).status).toBe(200);
});

test('it is 503 before the first minute', async () => {
  await world.database.sql('delete from minute_mark');
  expect(await health()).toMatchObject({ status: 503, body: { reasons: [expect.stringContaining('not come to its end yet')] } });
});

test('it is 503 where the newest migration is missing, and 200 where the database is ahead', async () => {
  const newest = 'created_at = (select max(created_at) from drizzle.__drizzle_migrations)';
  await world.database.sql(`update drizzle.__drizzle_migrations set created_at = created_at - 1 where ${newest}`);
  expect(await health()).toMatchObject({
    status: 503,
    body: { reasons: [expect.stringContaining(`migrations up to ${NEWEST_MIGRATION.tag}`)] },
  });
  await world.database.sql(`update drizzle.__drizzle_migrations set created_at = created_at + 1000 where ${newest}`);
  expect(await health()).toMatchObject({ status: 200 });
  await world.database.sql('alter table minute_mark rename to not_there_yet');
  expect(await health()).toMatchObject({
    status: 503,
    body: { status: 'failing', reasons: [expect.stringContaining(NEWEST_MIGRATION.tag)] },
  });
  await world.database.sql('alter table not_there_yet rename to minute_mark');
});

test('a minute writes its end into one row', async () => {
  const before = await world.database.sql('select ended_at from minute_mark');
  await world.pass(2);
  const after = await world.database.sql<{ ended_at: Date }>('select ended_at from minute_mark');
  expect([before.length, after.length]).toEqual([1, 1]);
  expect(after[0]?.ended_at).toEqual(world.clock.now());
});

test('each minute calls the watch outside, once, at its end', async () => {
  watch.heard.length = 0;
  await world.pass(2);
  expect(watch.heard.map(({ method, path }) => [method, path])).toEqual(Array(2).fill(['GET', '/beat/secret']));
  await strike('scheduled-penalties');
  expect(watch.heard).toHaveLength(2);
});

test('a watch that refuses, redirects or is silent harms no minute, and its address is in no log', async () => {
  for (const status of [500, 302, 'silence'] as const) {
    watch.answer.status = status;
    watch.heard.length = 0;
    await world.pass(1);
    expect(watch.heard).toHaveLength(1);
    expect((await health()).status).toBe(200);
  }
  expect(world.logLines.filter((line) => line.includes('heartbeat_not_taken'))).toHaveLength(3);
  expect(world.logLines.join()).not.toContain('beat/secret');
});

test('a minute whose end cannot be written calls nobody: the watch outside then misses it', async () => {
  watch.heard.length = 0;
  await world.database.sql('alter table minute_mark rename to gone');
  const report = await strike('scheduled-minute');
  expect(report).toMatchObject({ states: { opened: 0 } });
  expect(watch.heard).toEqual([]);
  await world.database.sql('alter table gone rename to minute_mark');
  await world.pass(1);
  expect(watch.heard).toHaveLength(1);
});

test('a minute in which nothing could be sent calls nobody either, though its end is written: alerts would not leave', async () => {
  watch.heard.length = 0;
  await world.clock.advance(60_000);
  await world.database.sql('alter table outbox rename to gone');
  try {
    expect(await strike('scheduled-minute')).toMatchObject({ deliver: 'failed' });
  } finally {
    await world.database.sql('alter table gone rename to outbox');
  }
  expect(await world.database.sql('select ended_at from minute_mark')).toEqual([{ ended_at: world.clock.now() }]);
  expect(watch.heard).toEqual([]);
  await world.pass(1);
  expect(watch.heard).toHaveLength(1);
});
