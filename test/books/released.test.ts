import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';

/** The last migration that a release has, and what all up to it are, so that none is edited: a release adds its own here. */
const RELEASED = { last: '0050_waits_and_codes', sha256: '3178f89da980bf92b15af97ac3278886f9a6cd38744e449d659463dfd1f83118' };

const { entries } = JSON.parse(readFileSync('drizzle/meta/_journal.json', 'utf8')) as { entries: { tag: string }[] };
const tags = entries.map(({ tag }) => tag);
const released = tags.slice(0, tags.indexOf(RELEASED.last) + 1).map((tag) => readFileSync(`drizzle/${tag}.sql`, 'utf8'));

const FUNCTIONS = `select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' order by 1`;
const COLUMNS = `select table_name || '.' || column_name as name, data_type, is_nullable, column_default is not null as has_default
  from information_schema.columns where table_schema = 'public' order by 1`;

type Column = { name: string; data_type: string; is_nullable: string; has_default: boolean };

let now: FreshDatabase;
let then: pg.Client;
const name = `malipo_released_${randomBytes(6).toString('hex')}`;
beforeAll(async () => {
  now = await freshDatabase();
  await now.sql(`create database ${name}`);
  then = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${name}`);
  await then.connect();
  for (const migration of released) for (const statement of migration.split('--> statement-breakpoint')) await then.query(statement);
});
afterAll(async () => {
  await then.end();
  await now.sql(`drop database ${name}`);
  await now.drop();
});

test('a migration that was released is never edited', () => {
  expect(createHash('sha256').update(released.join('\0')).digest('hex')).toBe(RELEASED.sha256);
});

test('every function that the released handlers call is there as they know it', async () => {
  const { rows: old } = await then.query<{ name: string; definition: string }>(FUNCTIONS);
  const definitions = new Map((await now.sql<{ name: string; definition: string }>(FUNCTIONS)).map((row) => [row.name, row.definition]));
  expect(old.length).toBeGreaterThan(80);
  for (const { name: which, definition } of old) expect([which, definitions.get(which)]).toEqual([which, definition]);
});

test('the statements of the released handlers find their columns, and need not know a new one', async () => {
  const { rows: old } = await then.query<Column>(COLUMNS);
  const columns = await now.sql<Column>(COLUMNS);
  const known = new Set(old.map((column) => column.name));
  const tables = new Set(old.map((column) => column.name.split('.')[0]));
  for (const column of old) {
    const today = columns.find((each) => each.name === column.name);
    expect([column.name, today?.data_type]).toEqual([column.name, column.data_type]);
    if (column.is_nullable === 'YES' || column.has_default)
      expect([column.name, today?.is_nullable === 'YES' || today?.has_default]).toEqual([column.name, true]);
  }
  const unknown = columns.filter((column) => !known.has(column.name) && tables.has(column.name.split('.')[0] ?? ''));
  for (const column of unknown) expect([column.name, column.is_nullable === 'YES' || column.has_default]).toEqual([column.name, true]);
});
