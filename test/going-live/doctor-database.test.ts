import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { checkDatabase } from '../../dev/doctor/check-database.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { goodEnvironment, patient, serve, serveAlways, troubles } from './patient.ts';

let database: FreshDatabase;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  await claim(database, 'sandbox');
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => database.drop());

const claim = ({ sql }: FreshDatabase, environment: string) =>
  sql('insert into database_environment (environment, claimed_at) values ($1, now())', [environment]);
const check = (DATABASE_URL: string) => troubles(checkDatabase, goodEnvironment({ DATABASE_URL }), { timeoutMs: 2_000 });
const local = (port: number) => `postgres://owner:hunter2canary@127.0.0.1:${port}/malipo`;

test('a migrated database that answers is well, both over HTTP and in a transaction', async () => {
  const found = await checkDatabase(patient(goodEnvironment({ DATABASE_URL: database.url })));
  expect(found.map(({ says }) => says)).toEqual([
    expect.stringMatching(/^PostgreSQL \d+\.\d+ answers in \d+ ms from here/),
    expect.stringMatching(/^All \d+ migrations are applied/),
    'The database belongs to sandbox, as MPESA_ENV says.',
  ]);
  expect(found.every(({ state }) => state === 'ok')).toBe(true);
});

test('messages that have been due for ten minutes, tasks and dead letters are told', async () => {
  const add = (dead: string, due: string) =>
    database.sql(
      `insert into outbox (id, dedupe_key, message, due_at, dead_at) values (new_id_1(), random()::text, '{"kind": "alert"}', now() - interval '${due}', ${dead})`,
    );
  await add('null', '599 seconds');
  expect(await check(database.url)).toEqual([]);
  await add('null', '605 seconds');
  await add('now()', '1 second');
  await database.sql("insert into reviews (id, kind, subject, opened_at) values (new_id_1(), 'low_float', 'b2c', now())");
  expect(await check(database.url)).toEqual([
    expect.stringMatching(/^fail: Messages have been due for more than ten minutes/),
    expect.stringMatching(/^warn: 1 tasks and 1 dead letters wait/),
  ]);
  await database.sql('delete from outbox');
  await database.sql('delete from reviews');
});

test('pending migrations are named, all of them in an empty database', async () => {
  const name = `${database.name}_empty`;
  const admin = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/postgres`);
  await admin.connect();
  stops.push(async () => {
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });
  await admin.query(`create database ${name}`);
  expect(await check(database.url.replace(database.name, name))).toEqual([
    expect.stringMatching(/^fail: The database lacks \d+ of \d+ migrations: 0000_\w+, 0001_\w+/),
  ]);
});

test('one pending migration is named alone; a database that is newer than the code is warned about', async () => {
  const later = await freshDatabase();
  stops.push(() => later.drop());
  await later.sql('delete from drizzle.__drizzle_migrations where created_at = (select max(created_at) from drizzle.__drizzle_migrations)');
  expect(await check(later.url)).toEqual([expect.stringMatching(/^fail: The database lacks 1 of \d+ migrations: \d{4}_\w+\.$/)]);
  await claim(later, 'sandbox');
  await later.sql("insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 99999999999999)");
  expect(await check(later.url)).toEqual(['warn: The database is newer than this code.']);
});

test('a database of another name is told from a server that is not there', async () => {
  expect(await check(database.url.replace(database.name, 'no_such_database'))).toEqual([
    'fail: 127.0.0.1 answers, but has no database of the name in DATABASE_URL.',
  ]);
  const { port, stop } = await serveAlways(200, '');
  await stop();
  expect(await check(local(port))).toEqual(['fail: 127.0.0.1 does not answer.']);
});

test.each([
  [{ code: '28P01', message: "password authentication failed for user 'owner'" }, /refuses the user or the password/],
  [{ message: 'The requested endpoint could not be found, or you don’t have access to it.' }, /Neon knows no endpoint/],
  [{ message: 'Your account or project has exceeded the compute time quota.' }, /Neon has stopped the database/],
  [{ code: 'XX000', message: 'SSL connection is required' }, /No encrypted connection/],
  [{ code: '42501', message: 'permission denied' }, /lacks a right/],
  [{ code: '58030', message: 'hunter2canary' }, /refused \(58030\)/],
])('what Neon answers is put in words, without the password: %j', async (body, says) => {
  const { port, stop } = await serveAlways(400, body);
  stops.push(stop);
  const found = await checkDatabase(patient(goodEnvironment({ DATABASE_URL: local(port) }), { timeoutMs: 2_000 }));
  expect(found).toEqual([expect.objectContaining({ state: 'fail', says: expect.stringMatching(says) })]);
  expect(JSON.stringify(found)).not.toContain('hunter2');
});

test('a way to the database that stops WebSockets is told, since transactions travel over them', async () => {
  const { port, stop } = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== 'POST') return void request.destroy();
    const headers = { 'neon-connection-string': database.url, 'neon-raw-text-output': 'true', 'neon-array-mode': 'true' };
    const answer = await fetch(`http://${new URL(database.url).host}/sql`, { method: 'POST', headers, body: Buffer.concat(chunks) });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  stops.push(stop);
  expect(await check(local(port))).toEqual([expect.stringMatching(/^fail: .*single statements, but no transaction/)]);
});

test('a server that hangs is given up', async () => {
  const { port, stop } = await serve(() => undefined);
  stops.push(stop);
  expect(await check(local(port))).toEqual(['fail: 127.0.0.1 does not answer.']);
});

test("a host that is not Neon's is told that statements travel over HTTPS", async () => {
  expect(await check('postgres://owner:hunter2canary@db.invalid:5432/malipo')).toEqual([
    expect.stringMatching(/^fail: (There is no host|db\.invalid does not answer as Neon does)/),
  ]);
});

test('an unreadable connection string is left to the check of the configuration', async () => {
  expect(await checkDatabase(patient(goodEnvironment({ DATABASE_URL: 'mysql://x' })))).toEqual([]);
});

test('a database of the other environment fails, and one that nobody has claimed is warned about with the command', async () => {
  const other = await freshDatabase();
  stops.push(() => other.drop());
  const environment = goodEnvironment({ DATABASE_URL: other.url });
  const [unclaimed] = (await checkDatabase(patient(environment))).filter(({ state }) => state !== 'ok');
  expect(unclaimed).toMatchObject({
    state: 'warn',
    says: expect.stringMatching(/^Nobody has said/),
    mend: expect.stringContaining('npm run claim -- sandbox'),
  });
  await claim(other, 'production');
  expect(await troubles(checkDatabase, environment)).toEqual([
    'fail: The database belongs to production, and MPESA_ENV is sandbox: the site refuses every prompt and callback.',
  ]);
});
