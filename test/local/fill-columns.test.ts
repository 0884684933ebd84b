import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { migrate } from '#ground/db/migrate.ts';

/* A database of before payments.state and payouts.subject_id, with rows, is brought to today's schema. */

const BEFORE = 38;
const ROWS = 2_500; // more than two chunks
const folder = mkdtempSync(path.join(tmpdir(), 'malipo-fill-'));
const older = path.join(folder, 'older');
const postgres = (database: string) => `postgres://postgres@127.0.0.1:${inject('postgresPort')}/${database}`;

let admin: pg.Client;
let name: string;
let url: string;
let db: pg.Client;

beforeAll(async () => {
  admin = new pg.Client(postgres('postgres'));
  await admin.connect();
  cpSync('drizzle', older, { recursive: true });
  const file = path.join(older, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8')) as { entries: { idx: number }[] };
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.filter(({ idx }) => idx <= BEFORE) }));
  for (const extra of ['fill', 'concurrently']) rmSync(path.join(older, extra), { recursive: true });
});
beforeEach(async () => {
  name = `malipo_${randomBytes(6).toString('hex')}`;
  url = `postgres://postgres@127.0.0.1:${inject('neonPort')}/${name}`;
  await admin.query(`create database ${name}`);
  await migrate(url, { folder: older });
  db = await open();
  await db.query(`
    insert into payments (id, reference, purpose, caller, lines, language, phone, phone_hash, owed_cents, amount_cents, status, created_at)
    select i.id, 'R' || n, 'order', 'public', '[]', 'en', 'x', 'h' || n, 100, 100, (array['paid', 'failed', 'expired', 'refunded', 'pending'])[1 + n % 5], now()
    from generate_series(1, ${ROWS}) n, lateral (select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid) i (id)`);
  await db.query(`
    insert into payouts (id, reference, kind, source_account, subject, amount_cents, parts_cents, state, caller, requested_by, requested_at)
    select gen_random_uuid(), 'P' || n, 'refund', 'refunds', case when n % 3 > 0 then gen_random_uuid()::text end, 100, array[100], 'paid', 'c', 'c', now() from generate_series(1, 30) n`);
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

const idOf = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const count = async (what: string) => Number((await db.query(`select count(*) from ${what}`)).rows[0].count);
const valid = async () =>
  (
    await db.query(
      "select conname as name, convalidated as valid from pg_constraint where conname in ('payments_state', 'payouts_subject_id') order by 1",
    )
  ).rows;

async function expectFilled(): Promise<void> {
  expect(await count('payments where state is distinct from status or rare_state is distinct from rare_status')).toBe(0);
  expect(await count("payments where rare_state is null and state in ('expired', 'reversed', 'refunded')")).toBe(0);
  expect(await count('payouts where subject is distinct from subject_id::text')).toBe(0);
  expect(await valid()).toEqual([
    { name: 'payments_state', valid: true },
    { name: 'payouts_subject_id', valid: true },
  ]);
}

test('all rows get their new columns, and then the checks hold for all', async () => {
  await migrate(url);
  await expectFilled();
  expect([await count('payments'), await count('payouts where subject_id is not null')]).toEqual([ROWS, 20]);
  await migrate(url);
  await expectFilled();
});

test('killed in the middle it keeps what is done, holds nobody up meanwhile, and goes on when it is run again', async () => {
  const unfilled = path.join(folder, 'unfilled');
  cpSync('drizzle', unfilled, { recursive: true });
  rmSync(path.join(unfilled, 'fill'), { recursive: true });
  await expect(migrate(url, { folder: unfilled })).rejects.toThrow(`payments, payments_state: ${ROWS} rows`);
  const holder = await open();
  await holder.query(`begin; select from payments where id = '${idOf(1_500)}' for update`);
  const migrating = migrate(url).then(
    () => 'done',
    () => 'killed',
  );
  const waiting = `select pid from pg_stat_activity where datname = '${name}' and wait_event_type = 'Lock' and query like 'update payments set state%'`;
  await expect.poll(async () => (await admin.query(waiting)).rowCount, { timeout: 20_000 }).toBe(1);
  // everybody else writes what they like, rows that wait for their state included
  await db.query("set lock_timeout = '500ms'");
  await db.query("update payments set failure_code = 'x' where id = any($1)", [[idOf(1), idOf(1_499), idOf(2_400)]]);
  await db.query("update payments set status = 'paid' where id = $1", [idOf(2_401)]);
  await db.query("update payments set state = 'reversed' where id = $1", [idOf(2_402)]);
  expect(await count('payments where state is null')).toBe(1 + 500 - 3);

  await admin.query(`select pg_terminate_backend(pid) from (${waiting}) w`);
  expect(await migrating).toBe('killed');
  expect((await valid()).map((row) => row.valid)).toEqual([false, false]);
  await holder.query("update payments set status = 'paid' where id = $1", [idOf(1_500)]);
  await holder.query('commit');
  await holder.end();

  await migrate(url);
  await expectFilled();
  expect(
    (await db.query('select state from payments where id = any($1) order by id', [[idOf(1_500), idOf(2_401), idOf(2_402)]])).rows,
  ).toEqual([{ state: 'paid' }, { state: 'paid' }, { state: 'reversed' }]);
});

test('a payout whose subject is no uuid is named, and nothing else is held up by it', async () => {
  const { rows } = await db.query("update payouts set subject = 'DK-1' where reference = 'P1' returning id");
  await expect(migrate(url)).rejects.toThrow(`payouts, payouts_subject_id: 1 rows, as {"id":"${rows[0].id}"}`);
  expect(await valid()).toMatchObject([{ valid: true }, { valid: false }]);
  expect(await count('payouts where subject_id is not null')).toBe(19);
  await db.query("update payouts set subject = null where reference = 'P1'");
  await migrate(url);
  await expectFilled();
});

test.each([
  ['nobody.sql', 'update payments set state = status where state is null', 'nobody.sql is not named after a check'],
  ['payments_state.sql', 'delete from payments', 'payments_state.sql is not one "update TABLE set ... where ..."'],
  ['payments_state.sql', 'update payments set state = status where true; drop table audit', 'payments_state.sql is not one "update'],
])('a file of fillings that says anything else is refused by name: %s, %s', async (file, statement, refusal) => {
  const mine = path.join(folder, 'mine');
  cpSync('drizzle', mine, { recursive: true });
  writeFileSync(path.join(mine, 'fill', file), statement);
  await expect(migrate(url, { folder: mine })).rejects.toThrow(refusal);
});
