import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { printSchema } from './print-schema.ts';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('drizzle/schema.sql is the database as it is', async () => {
  await expect(await printSchema(database)).toMatchFileSnapshot('../../drizzle/schema.sql');
});

const { entries } = JSON.parse(readFileSync('drizzle/meta/_journal.json', 'utf8')) as { entries: { tag: string; when: number }[] };
const tags = entries.map(({ tag }) => tag);

test('the code knows the newest migration, which health compares with the database', async () => {
  const { tag, when } = entries.at(-1) ?? {};
  const text = `/** The newest migration that this code was made with; \`npm run db:schema\` writes it anew. */
export const NEWEST_MIGRATION = { tag: '${tag}', at: ${when} };
`;
  await expect(text).toMatchFileSnapshot('../../src/ground/db/newest-migration.ts');
  expect(Math.max(...entries.map((entry) => entry.when))).toBe(when);
});

test('each migration says why it is there', () => {
  const table = readFileSync('drizzle/README.md', 'utf8');
  for (const tag of tags) {
    const saysItself = /^-- .{20,}/.test(readFileSync(`drizzle/${tag}.sql`, 'utf8').split('\n', 1)[0] ?? '');
    expect([tag, saysItself || table.includes(`| ${tag} | `)]).toEqual([tag, true]);
  }
});

test('of the snapshots only the last is kept, which the next migration is generated from', () => {
  expect(readdirSync('drizzle/meta').sort()).toEqual([`${tags.at(-1)?.slice(0, 4)}_snapshot.json`, '_journal.json']);
});

test.each([
  [
    'evidence',
    "insert into evidence values (gen_random_uuid(), null, 'c2b', 'h', 'b', 'known', now())",
    "update evidence set body_hash = 'x'",
  ],
  [
    'evidence',
    "insert into evidence values (gen_random_uuid(), gen_random_uuid(), 'callback', 'moved', 'b', 'pays', now())",
    "update evidence set subject_id = null where body_hash = 'moved'",
  ],
  [
    'evidence',
    "insert into evidence values (gen_random_uuid(), null, 'c2b', 'coded', 'b', 'known', now(), 'UKL0000001')",
    "update evidence set receipt = 'UKL0000002' where body_hash = 'coded'",
  ],
  ['accounts', 'select 1', "update accounts set kind = 'income' where id = 'clearing'"],
])('%s: a row is neither removed nor made another one', async (table, write, change) => {
  await database.sql(write);
  const refused = { code: 'MP002' };
  await expect(database.sql(change)).rejects.toMatchObject(refused);
  await expect(database.sql(`delete from ${table}`)).rejects.toMatchObject(refused);
  await expect(database.sql(`truncate ${table} cascade`)).rejects.toMatchObject(refused);
});

test('evidence may be judged again, get the code that is read in it, and be encrypted under another key', async () => {
  await database.sql("insert into evidence values (gen_random_uuid(), null, 'c2b', 'anew', 'b', 'unreadable', now())");
  expect(await database.sql("update evidence set verdict = 'arrives', body = 'c' where body_hash = 'anew' returning verdict")).toEqual([
    { verdict: 'arrives' },
  ]);
  expect(await database.sql("select judge_kept_2('c2b', 'anew', array['arrives'], 'known', 'UKL0000003') as judged")).toEqual([
    { judged: true },
  ]);
  expect(await database.sql("select verdict, receipt from evidence where body_hash = 'anew'")).toEqual([
    { verdict: 'known', receipt: 'UKL0000003' },
  ]);
});

test.each([
  ['evidence_verdict', "insert into evidence values (gen_random_uuid(), null, 'c2b', 'g', 'b', 'guessed', now())"],
  ['evidence_source', "insert into evidence values (gen_random_uuid(), null, 'rumour', 'g', 'b', 'known', now())"],
  ['transfers_kind', "insert into transfers values (gen_random_uuid(), 'gift', 's', 1, 'clearing', 'sales', 1, now())"],
])('%s: a word that nobody knows is refused', async (constraint, write) => {
  await expect(database.sql(write)).rejects.toMatchObject({ constraint });
});
