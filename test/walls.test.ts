import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { mayKnow, roomOf, storeyOf } from './house.ts';

const SRC = path.resolve('src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(ts|sql)$/.test(file));
const sourceOf = (file: string) => readFileSync(path.join(SRC, file), 'utf8');

/** Each table with the schema file that makes it, and the name by which TypeScript knows it. */
const tables = files
  .filter((file) => file.endsWith('.schema.ts'))
  .flatMap((schema) =>
    [...sourceOf(schema).matchAll(/export const (\w+) = pgTable\(\s*'(\w+)'/g)].map(([, variable = '', table = '']) => ({
      schema,
      variable,
      table,
    })),
  );
const schemaOf = new Map(tables.map(({ table, schema }) => [table, schema]));
const tableOf = new Map(tables.map(({ variable, table }) => [variable, table]));

type Use = { table: string; writes: boolean };

/** Which tables a file reads and writes, in SQL and through the query builder. Comments say nothing. */
function usesOf(file: string, source: string): Use[] {
  const code = file.endsWith('.sql') ? source.replace(/--.*$/gm, '') : source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, '');
  const uses: Use[] = [];
  for (const [, before = '', verb = '', table = ''] of code.matchAll(
    /(for (?:no key )?)?\b(insert into|update|delete from|from|join|using)\s+(?:only\s+)?(\w+)/g,
  ))
    if (schemaOf.has(table) && !before) uses.push({ table, writes: /^(insert|update|delete)/.test(verb) });
  for (const [, verb = '', variable = ''] of code.matchAll(/\.(insert|update|delete|from|innerJoin|leftJoin)\((\w+)[,)]/g)) {
    const table = tableOf.get(variable);
    if (table) uses.push({ table, writes: /^(insert|update|delete)$/.test(verb) });
  }
  return uses;
}

const roomPath = (file: string) => `${storeyOf(file)}/${roomOf(file)}`;

/** The tables that a file writes though another room makes them. */
const foreignWrites = (file: string, source: string): string[] => [
  ...new Set(
    usesOf(file, source).flatMap(({ table, writes }) => {
      const owner = roomPath(schemaOf.get(table) ?? '');
      return writes && roomPath(file) !== owner && !roomPath(file).startsWith(`${owner}/`) ? [table] : [];
    }),
  ),
];

/** The tables that a file reads though they stand above or beside it. */
const foreignReads = (file: string, source: string): string[] => [
  ...new Set(usesOf(file, source).flatMap(({ table, writes }) => (writes || mayKnow(file, schemaOf.get(table) ?? '') ? [] : [table]))),
];

const found = (uses: (file: string, source: string) => string[]) =>
  Object.fromEntries(
    files.map((file) => [file, uses(file, sourceOf(file)).sort()] as const).filter(([, strangers]) => strangers.length > 0),
  );

/** What is still to be mended, file by file: it may only get less. */
const { written, read } = JSON.parse(readFileSync('test/walls-to-mend.json', 'utf8')) as Record<
  'written' | 'read',
  Record<string, string[]>
>;

test('a table is written by the room that makes it', () => {
  expect(found(foreignWrites)).toEqual(written);
});

test('tables above or beside are read by nobody', () => {
  expect(found(foreignReads)).toEqual(read);
});

test.each([
  ['mpesa/payments/settle.ts', 'sql`update loans set state = 1`', foreignWrites, ['loans']],
  ['shop/orders/sell.sql', 'insert into transfers (id) values (1);', foreignWrites, ['transfers']],
  ['mpesa/payments/settle.ts', 'tx.insert(members).values(row)', foreignWrites, ['members']],
  ['mpesa/payments/tie.sql', 'select from deposits d join repayments r on true', foreignReads, ['repayments']],
  ['shop/orders/sell.sql', 'select from members', foreignReads, ['members']],
  ['ground/limits/limits.ts', 'db.select().from(payments)', foreignReads, ['payments']],
  ['mpesa/payments/settle.ts', '/** what is read from loans */ sql`select from deposits for update` // from loans', foreignReads, []],
] as const)('what is planted in %s is found: %s', (file, planted, look, strangers) => {
  expect(look(file, planted)).toEqual(strangers);
});
