import { globSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';

/** The functions of a reading copy, by name, with the body between the dollars or after `return`. */
const copies = globSync('src/**/*.sql').flatMap((file) =>
  readFileSync(file, 'utf8')
    .split('--> statement-breakpoint')
    .flatMap((statement) => {
      const name = /create function (\w+)\s*\(/.exec(statement)?.[1];
      const body = /\$\$([\s\S]*)\$\$/.exec(statement)?.[1];
      return name ? [{ file, name, body }] : [];
    }),
);

const baseOf = (name: string) => name.replace(/_\d+$/, '');
const versionOf = (name: string) => Number(/\d+$/.exec(name)?.[0] ?? 0);

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('what a person reads beside a verb is what the database does, function by function', async () => {
  const rows = await database.sql<{ name: string; source: string; language: string }>(
    `select p.proname as name, p.prosrc as source, l.lanname as language from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
     where n.nspname = 'public'`,
  );
  const written = copies.filter(({ body }) => body !== undefined);
  expect(written.length).toBeGreaterThan(30);
  for (const { file, name, body } of written) {
    const found = rows.filter((row) => row.name === name);
    expect([file, name, found.length]).toEqual([file, name, 1]);
    expect([name, found[0]?.source]).toEqual([name, body]);
  }
  const inMigrations = ['refuse', 'refuse_change', 'refuse_other_environment_1'];
  // what they do is done under other names
  const ofEarlierReleases = [
    'joins_1',
    'take_exact_entry_1',
    'book_own_money_1',
    'stood_at_1',
    'settle_moved_reversal_1',
    'keep_rare_status_1',
  ];
  const known = [...inMigrations, ...ofEarlierReleases, ...copies.map((copy) => copy.name)];
  // earlier versions run on while a deployment goes on
  const isEarlier = (name: string) => copies.some((copy) => baseOf(copy.name) === baseOf(name) && versionOf(copy.name) > versionOf(name));
  expect(rows.map(({ name }) => name).filter((name) => !known.includes(name) && !isEarlier(name))).toEqual([]);
});

test('the name of a function says its version, so that a running release finds its own', () => {
  for (const { name } of copies) expect(name).toMatch(/_\d+$/);
});

test('statements see what was committed before their locks were got', async () => {
  expect(await database.sql('show default_transaction_isolation')).toEqual([{ default_transaction_isolation: 'read committed' }]);
});
