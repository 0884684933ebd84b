import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { migrate } from '#ground/db/migrate.ts';

const postgres = (database: string) => `postgres://postgres@127.0.0.1:${inject('postgresPort')}/${database}`;
const earlier = mkdtempSync(path.join(tmpdir(), 'malipo-0037-'));
let admin: pg.Client;
let name: string;
let url: string;
let db: pg.Client;

beforeAll(async () => {
  admin = new pg.Client(postgres('postgres'));
  await admin.connect();
  cpSync('drizzle', earlier, { recursive: true });
  for (const besides of ['concurrently', 'fill']) {
    rmSync(path.join(earlier, besides), { recursive: true });
    mkdirSync(path.join(earlier, besides));
  }
  const file = path.join(earlier, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8'));
  journal.entries = journal.entries.filter(({ tag }: { tag: string }) => tag < '0038');
  writeFileSync(file, JSON.stringify(journal));
});
beforeEach(async () => {
  name = `malipo_${randomBytes(6).toString('hex')}`;
  url = `postgres://postgres@127.0.0.1:${inject('neonPort')}/${name}`;
  await admin.query(`create database ${name}`);
  db = await open();
  await migrate(url, { folder: earlier });
});
afterEach(async () => {
  await db.end();
  await admin.query(`drop database ${name} with (force)`);
});
afterAll(async () => {
  await admin.end();
  rmSync(earlier, { recursive: true, force: true });
});
async function open(): Promise<pg.Client> {
  const client = new pg.Client(postgres(name));
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a migration and a request that wait for each other: the request goes through, and the migration tries again', async () => {
  const site = await open();
  await site.query('begin');
  await site.query('lock table transfers in row exclusive mode'); // it has booked a leg
  const migrating = migrate(url, { pauseMs: 200 }).then(
    () => 'migrated',
    (error) => `failed: ${error.cause?.code ?? error.code} ${error.cause?.message ?? error.message}`,
  );
  await wait(700); // the migration holds invoices, and waits for transfers
  const invoiced = site.query('lock table invoices in row exclusive mode').then(
    () => 'booked',
    (error) => `failed: ${error.code}`,
  );
  const outcome = await invoiced;
  await site.query(outcome === 'booked' ? 'commit' : 'rollback');
  await site.end();
  expect([outcome, await migrating]).toEqual(['booked', 'migrated']);
});
