import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { migrate } from '#ground/db/migrate.ts';

const postgres = (database: string) => `postgres://postgres@127.0.0.1:${inject('postgresPort')}/${database}`;
const folders: string[] = [];
let admin: pg.Client;
let name: string;
let url: string;
let db: pg.Client;

/** The migrations as they were before one of them; of what is built and filled besides, nothing. */
function before(tag: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'malipo-earlier-'));
  folders.push(folder);
  cpSync('drizzle', folder, { recursive: true });
  for (const besides of ['concurrently', 'fill']) {
    rmSync(path.join(folder, besides), { recursive: true });
    mkdirSync(path.join(folder, besides));
  }
  const file = path.join(folder, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8'));
  journal.entries = journal.entries.filter((entry: { tag: string }) => entry.tag < tag);
  writeFileSync(file, JSON.stringify(journal));
  return folder;
}

beforeAll(async () => {
  admin = new pg.Client(postgres('postgres'));
  await admin.connect();
});
beforeEach(async () => {
  name = `malipo_${randomBytes(6).toString('hex')}`;
  url = `postgres://postgres@127.0.0.1:${inject('neonPort')}/${name}`;
  await admin.query(`create database ${name}`);
  db = new pg.Client(postgres(name));
  db.on('error', () => undefined);
  await db.connect();
});
afterEach(async () => {
  await db.end();
  await admin.query(`drop database ${name} with (force)`);
});
afterAll(async () => {
  await admin.end();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const sale = `insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  values (gen_random_uuid(), 'mpesa_in', gen_random_uuid()::text, 1, 'paybill_float', 'clearing', 100, now())`;

test('a database that booked money before 0017 is migrated', async () => {
  await migrate(url, { folder: before('0017') });
  await db.query(sale);
  await migrate(url);
});

/** What earlier releases said of a dump that was restored into another server. */
const AFTER_A_DUMP = `
  alter table transfers drop column tx;
  alter table transfers add column tx xid8;
  alter table transfers alter column tx set default pg_current_xact_id();
  alter table transfers add constraint transfers_in_order check (tx is not null) not valid;
  create index transfers_tx on transfers (tx);
  update ledger_mark set upto = null;`;

test('a database that was restored as earlier releases said is migrated', async () => {
  await migrate(url);
  await db.query(sale);
  await db.query(AFTER_A_DUMP);
  await migrate(url);
});

test('whoever mends those rows as the message asks does not double the balances', async () => {
  await migrate(url, { folder: before('0017') });
  await db.query(sale);
  await migrate(url, { folder: before('0038') }).catch(() => undefined); // the release before took it
  await db.query('select move_checkpoints_1(1000)');
  const held = async () => (await db.query("select held_1('paybill_float') as cents")).rows[0].cents;
  expect(await held()).toBe('100');
  const failed = await migrate(url).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (failed?.includes('Mend them'))
    await db.query(
      'alter table transfers disable trigger user; update transfers set tx = pg_current_xact_id() where tx is null; alter table transfers enable trigger user',
    );
  await migrate(url);
  expect(await held()).toBe('100');
});

test.each(['links', 'parts'])('evidence with the verdict "%s", as releases before 0008 kept it, is migrated', async (verdict) => {
  await migrate(url, { folder: before('0008') }).catch(() => undefined); // today's command asks for a table that was not there yet
  await db.query(
    `insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at) values (gen_random_uuid(), gen_random_uuid(), 'callback', 'h', 'b', '${verdict}', now())`,
  );
  await migrate(url);
});
