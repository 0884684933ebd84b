import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { directUrl, migrate } from '#ground/db/migrate.ts';
import { runClaim } from '../../dev/claim.ts';
import { runCommand } from '../local-world/spawn.ts';

const postgres = (database: string) => `postgres://postgres@127.0.0.1:${inject('postgresPort')}/${database}`;
const folder = mkdtempSync(path.join(tmpdir(), 'malipo-migrations-'));

let admin: pg.Client;
let name: string;
let url: string;
let db: pg.Client;

beforeAll(async () => {
  admin = new pg.Client(postgres('postgres'));
  await admin.connect();
});
beforeEach(async () => {
  name = `malipo_${randomBytes(6).toString('hex')}`;
  url = `postgres://postgres@127.0.0.1:${inject('neonPort')}/${name}`;
  await admin.query(`create database ${name}`);
  db = await open();
  rmSync(folder, { recursive: true });
  cpSync('drizzle', folder, { recursive: true });
});
afterEach(async () => {
  await db.end();
  await admin.query(`drop database ${name} with (force)`);
});
afterAll(async () => {
  await admin.end();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<pg.Client> {
  const client = new pg.Client(postgres(name));
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const journal = () =>
  JSON.parse(readFileSync(path.join(folder, 'meta/_journal.json'), 'utf8')) as { entries: { idx: number; when: number; tag: string }[] };
const applied = async () => Number((await db.query('select count(*) from drizzle.__drizzle_migrations')).rows[0].count);

/** Puts one more migration behind those that are there. */
function addMigration(statement: string): void {
  const entries = journal().entries;
  const last = entries.at(-1);
  const tag = `${String(entries.length).padStart(4, '0')}_more`;
  entries.push({ ...last, idx: entries.length, when: (last?.when ?? 0) + 1, tag });
  writeFileSync(path.join(folder, `${tag}.sql`), statement);
  writeFileSync(path.join(folder, 'meta/_journal.json'), JSON.stringify({ ...journal(), entries }));
}

const addIndex = (statement: string) => writeFileSync(path.join(folder, 'concurrently', 'mine.sql'), statement);
const indexState = async () =>
  (await db.query("select indisvalid as valid from pg_index where indexrelid = to_regclass('audit_mine')")).rows.map(({ valid }) => valid);

test('two, four, at once: all succeed, and each migration is applied once', async () => {
  await Promise.all([migrate(url), migrate(url), migrate(url), migrate(url)]);
  expect(await applied()).toBe(journal().entries.length);
  await migrate(url);
  expect(await applied()).toBe(journal().entries.length);
});

test('a migration that waits for a table makes the site wait for moments only, and goes through when it can', async () => {
  await migrate(url, { folder });
  addMigration('alter table items add column colour text');
  const reader = await open();
  await reader.query('begin; select * from items');
  let done = false;
  const migrating = migrate(url, { folder, lockTimeoutMs: 200, pauseMs: 300 }).then(() => {
    done = true;
  });
  const waits: number[] = [];
  for (const until = Date.now() + 1_500; Date.now() < until; ) {
    const began = performance.now();
    await db.query('select count(*) from items'); // as the site does meanwhile
    waits.push(performance.now() - began);
  }
  expect(done).toBe(false);
  expect(Math.max(...waits)).toBeLessThan(1_200);
  await reader.query('commit');
  await reader.end();
  await migrating;
  expect((await db.query("select from information_schema.columns where table_name = 'items' and column_name = 'colour'")).rowCount).toBe(1);
});

test('what a migration gets wrong is not tried again', async () => {
  await migrate(url, { folder });
  addMigration('alter table nowhere add column colour text');
  const began = performance.now();
  await expect(migrate(url, { folder, pauseMs: 5_000 })).rejects.toMatchObject({ cause: { code: '42P01' } });
  expect(performance.now() - began).toBeLessThan(4_000);
});

test('an index of the folder is built without stopping writes, and one that was left invalid is built again', async () => {
  await migrate(url, { folder });
  const record = (actor: string) =>
    `insert into audit (id, actor, action, subject, happened_at) values (gen_random_uuid(), '${actor}', 'x', 's', now())`;
  await db.query(`${record('a')}; ${record('a')}`);
  addIndex('-- one action of one actor\ncreate unique index concurrently if not exists audit_mine on audit (actor, action)\n');
  await expect(migrate(url, { folder })).rejects.toMatchObject({ code: '23505' });
  expect(await indexState()).toEqual([false]);

  addIndex('create index concurrently if not exists audit_mine on audit (actor, action)');
  const writer = await open();
  await writer.query(`begin; ${record('b')}`); // it has to wait for this one
  const building = migrate(url, { folder });
  await expect
    .poll(
      async () =>
        (await db.query("select from pg_stat_activity where query like '%index concurrently%' and wait_event_type = 'Lock'")).rowCount,
      { timeout: 5_000 },
    )
    .toBe(1);
  const second = migrate(url, { folder }); // waits for its turn, and is not waited for
  await db.query(`set lock_timeout = '500ms'; ${record('c')}`);
  await new Promise((pause) => setTimeout(pause, 600));
  await writer.query('commit');
  await writer.end();
  await Promise.all([building, second]);
  expect(await indexState()).toEqual([true]);
});

test('a rule that older rows do not fit binds new ones, names those, and holds for all once they are mended', async () => {
  await migrate(url, { folder });
  const record = (actor: string) =>
    `insert into audit (id, actor, action, subject, happened_at) values (gen_random_uuid(), '${actor}', 'x', 's', now())`;
  await db.query(`${record('nobody')}; ${record('a')}`);
  const { rows } = await db.query("select id from audit where actor = 'nobody'");
  addMigration("alter table audit add constraint audit_by_somebody check (actor <> 'nobody') not valid");
  const unfit = `audit, audit_by_somebody: 1 rows, as {"id":"${rows[0].id}"}`;
  await expect(migrate(url, { folder })).rejects.toThrow(unfit);
  await expect(db.query(record('nobody'))).rejects.toMatchObject({ constraint: 'audit_by_somebody' });
  await expect(migrate(url, { folder })).rejects.toThrow(unfit); // until somebody mends it
  await db.query("alter table audit disable trigger audit_is_immutable; update audit set actor = 'b' where actor = 'nobody'");
  await migrate(url, { folder });
  expect((await db.query("select convalidated from pg_constraint where conname = 'audit_by_somebody'")).rows).toEqual([
    { convalidated: true },
  ]);
});

test('a row that names one that is not there is told by its key', async () => {
  await migrate(url, { folder });
  addMigration('create table notes (number int primary key, payment_id uuid)');
  await migrate(url, { folder });
  await db.query('insert into notes values (1, null), (2, gen_random_uuid())');
  addMigration('alter table notes add constraint notes_payment foreign key (payment_id) references payments (id) not valid');
  await expect(migrate(url, { folder })).rejects.toThrow('notes, notes_payment: 1 rows, as {"number":2}');
});

test.each([
  'create index audit_mine on audit (actor)',
  'drop table audit',
  'create index concurrently if not exists audit_mine on audit (actor); drop table audit',
])('a file that says anything else is refused by name: %s', async (statement) => {
  addIndex(statement);
  await expect(migrate(url, { folder })).rejects.toThrow('mine.sql is not one "create index concurrently');
  expect((await db.query('select count(*) from audit')).rows).toHaveLength(1);
});

test.each([
  [
    'postgres://o:p@ep-x-pooler.eu-central-1.aws.neon.tech/malipo?sslmode=require',
    'postgres://o:p@ep-x.eu-central-1.aws.neon.tech/malipo?sslmode=require',
  ],
  ['postgres://o:p@ep-x.eu-central-1.aws.neon.tech/malipo', 'postgres://o:p@ep-x.eu-central-1.aws.neon.tech/malipo'],
  ['postgres://postgres@127.0.0.1:5432/a-pooler.b', 'postgres://postgres@127.0.0.1:5432/a-pooler.b'],
])('the server behind %s is asked directly', (given, direct) => {
  expect(directUrl(given)).toBe(direct);
});

test('a new database belongs to the environment it is first migrated for, for good', async () => {
  expect(await migrate(url, { environment: 'sandbox' })).toBe('sandbox');
  expect(await migrate(url)).toBe('sandbox');
  for (const change of [
    "update database_environment set environment = 'production'",
    'delete from database_environment',
    'truncate database_environment',
  ])
    await expect(db.query(change)).rejects.toMatchObject({ code: 'MP002' });
});

test('a database of the other environment is refused before anything in it is changed', async () => {
  await migrate(url, { folder, environment: 'sandbox' });
  addMigration('create table never ()');
  await expect(migrate(url, { folder, environment: 'production' })).rejects.toThrow(
    /belongs to the sandbox environment.*for production use another/,
  );
  expect((await db.query("select to_regclass('never') as never")).rows).toEqual([{ never: null }]);
});

test('a database that is older than claiming is not guessed at; the command claims it, once', async () => {
  await migrate(url);
  expect(await migrate(url, { environment: 'production' })).toBeUndefined();
  const said: string[] = [];
  const output = { print: (text: string) => void said.push(text), complain: (text: string) => void said.push(text) };
  const claim = (...argv: string[]) => runClaim(argv, () => url, output);
  for (const argv of [[], ['live'], ['sandbox', 'production'], ['--oops', 'sandbox']]) expect(await claim(...argv)).toBe(2);
  expect(await claim('--help')).toBe(0);
  expect(await claim('production')).toBe(0);
  expect(await claim('production')).toBe(0);
  expect(said.at(-1)).toBe('The database belongs to production.');
  expect(await claim('sandbox')).toBe(1);
  expect(said.at(-1)).toMatch(/belongs to the production environment.*for sandbox use another database/);
});

test('from the shell, what goes wrong is said in a sentence, without a stack', async () => {
  const run = async (file: string, args: string[], environment: Record<string, string>) => {
    const { code, stdout, stderr } = await runCommand(file, args, environment);
    return { code, stdout, lines: stderr.trim().split('\n') };
  };
  const doctor = '`npm run doctor` says more.';
  await migrate(url, { environment: 'sandbox' });
  const elsewhere = expect.stringMatching(/^This database belongs to the sandbox environment.*correct MPESA_ENV\.$/);
  const refused = { code: 1, stdout: '', lines: [elsewhere, doctor] };
  expect(await run('src/ground/db/migrate.ts', [], { MPESA_ENV: 'production', DATABASE_URL: url })).toEqual(refused);
  const nowhere = { DATABASE_URL: 'postgres://postgres@127.0.0.1:9/malipo' };
  const silent = { code: 1, stdout: '', lines: ['The database does not answer.', doctor] };
  expect(await run('src/ground/db/migrate.ts', [], nowhere)).toEqual(silent);
  expect(await run('dev/claim.ts', ['sandbox'], nowhere)).toEqual(silent);
  const unset = { code: 1, lines: ['Malipo is not configured:', '  - DATABASE_URL is missing', expect.anything(), doctor] };
  expect(await run('src/ground/db/migrate.ts', [], {})).toMatchObject(unset);
  expect(await run('dev/claim.ts', ['sandbox'], {})).toMatchObject(unset);
  const misunderstood = await run('dev/daraja/main.ts', ['--oops'], {});
  expect(misunderstood).toMatchObject({ code: 2, stdout: '' });
  expect(misunderstood.lines[0]).toMatch(/^Unknown option '--oops'/);
  expect(misunderstood.lines.join('\n')).not.toMatch(/^ +at /m);
});
