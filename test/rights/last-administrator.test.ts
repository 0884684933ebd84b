import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
let one: Signed;
let two: Signed;
beforeAll(async () => {
  world = await startWorld();
});
beforeEach(async () => {
  await world.database.sql("update people set role = 'member' where role = 'admin'");
  [one, two] = [await signInAs(world, 'admin'), await signInAs(world, 'admin')];
});
afterAll(() => world.stop());

const personOf = async ({ phone }: Signed) => {
  const [row] = await world.database.sql<{ id: string }>('select id from people where phone_hash = $1', [lookupHash(phone)]);
  return row?.id ?? '';
};
const act = async (whom: string, what: string, more: object, { headers }: Signed) => {
  const response = await world.send('POST', `/api/people/${whom}/${what}`, { headers, body: { reason: 'The board decided', ...more } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const administrators = () => world.database.sql("select id from people where role = 'admin' and disabled_at is null");

test.each([
  ['role', { role: 'member' }],
  ['disable', {}],
] as const)('of two administrators who shut each other out (%s) at the same moment one stays', async (what, more) => {
  const [oneId, twoId] = [await personOf(one), await personOf(two)];
  const held = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${world.database.name}`);
  await held.connect();
  await held.query('begin');
  await held.query('select from people where id in ($1, $2) for no key update', [oneId, twoId]);
  const answers = Promise.all([act(twoId, what, more, one), act(oneId, 'disable', {}, two)]);
  const waiting = () =>
    world.database.sql("select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(2), { timeout: 10_000 }); // both were let in, and have read who is an administrator
  await held.query('commit');
  await held.end();
  expect((await answers).map(({ status }) => status).sort()).toEqual([200, 403]);
  expect((await answers).find(({ status }) => status !== 200)?.body.code).toBe('forbidden');
  expect(await administrators()).toHaveLength(1);
});

test('the last administrator stays one, whoever asks', async () => {
  const last = await personOf(one);
  await world.database.sql("update people set role = 'member' where role = 'admin' and id <> $1", [last]);
  expect(await act(last, 'disable', {}, two)).toMatchObject({ status: 403 });
  expect(await act(last, 'role', { role: 'member' }, one)).toMatchObject({ status: 403, body: { code: 'not_yourself' } });
  expect(await administrators()).toEqual([{ id: last }]);
});
