import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ASKED_AHEAD, HANDED_UP, mayKnow, roomOf, storeyOf } from './house.ts';

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

/** A file without its comments, which name what they like. */
const codeOf = (file: string, source: string): string =>
  file.endsWith('.sql') ? source.replace(/--.*$/gm, '') : source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, '');

/** Which tables a file reads and writes, in SQL and through the query builder. */
function usesOf(file: string, source: string): Use[] {
  const code = codeOf(file, source);
  const uses: Use[] = [];
  const plain = code
    .replace(/\$\{sql\.identifier\('(\w+)'\)\}/g, '$1')
    .replace(/\bpublic\./gi, '')
    .replace(/"(\w+)"/g, '$1');
  for (const [, before = '', verb = '', table = ''] of plain.matchAll(
    /(for (?:no key )?)?\b(insert into|update|delete from|merge into|truncate|copy|from|join|using)\s+(?:table\s+)?(?:only\s+)?(\w+)/gi,
  ))
    if (schemaOf.has(table) && !before) uses.push({ table, writes: !/^(from|join|using)$/i.test(verb) });
  for (const [, table = ''] of plain.matchAll(/,\s*(\w+)\s+(?:as\s+)?[a-z]\w*\b/gi))
    if (schemaOf.has(table)) uses.push({ table, writes: false }); // from a, b
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

/** Each function of the database, whatever its version, with the file in which it is read. */
const standsIn = new Map(
  files
    .filter((file) => file.endsWith('.sql'))
    .flatMap((file) => [...sourceOf(file).matchAll(/create function (\w+)_\d+\s*\(/g)].map(([, name = '']) => [name, file] as const)),
);

/** The functions of the database that a file names though they stand above or beside its own room. */
const callsUpwards = (file: string, source: string): string[] => [
  ...new Set(
    [...codeOf(file, source).matchAll(/\b([a-z]\w*)_\d+\b/g)].flatMap(([, name = '']) =>
      mayKnow(file, standsIn.get(name) ?? file) ? [] : [name],
    ),
  ),
];

/** Those of them that stand in the caller's storey, or those that stand above it. */
const inStorey = (file: string, names: readonly string[]): string[] =>
  names.filter((name) => storeyOf(standsIn.get(name) ?? '') === storeyOf(file));
const aboveStorey = (file: string, names: readonly string[]): string[] => names.filter((name) => !inStorey(file, [name]).length);

const found = (uses: (file: string, source: string) => string[]) =>
  Object.fromEntries(
    files.map((file) => [file, uses(file, sourceOf(file)).sort()] as const).filter(([, strangers]) => strangers.length > 0),
  );

test('a table is written by the room that makes it', () => {
  expect(found(foreignWrites)).toEqual({});
});

test('tables above or beside are read by nobody', () => {
  expect(found(foreignReads)).toEqual({});
});

/** Whether a statement takes the name of its table from a variable, where nobody can read it. */
const namesNoTable = (code: string): boolean =>
  /sql\.identifier\((?!')|sql\.raw\((`|[^)'"`]*`)[^`]*\b(from|join|update|into|table|truncate) \$\{/i.test(code);

test('a table is named where it is used, but for those of a statement', () => {
  const hidden = files.filter((file) => namesNoTable(codeOf(file, sourceOf(file))));
  expect(hidden.map((file) => path.dirname(file))).toEqual(hidden.map(() => 'mpesa/reconcile'));
  expect(hidden.length).toBeGreaterThan(0);
});

test('functions above or beside are called by nobody, but for what is handed up or asked ahead', () => {
  const calls = Object.entries(found(callsUpwards));
  expect(calls.map(([file]) => file).filter((file) => storeyOf(file) !== 'mpesa')).toEqual([]);
  expect([...new Set(calls.flatMap(([file, names]) => aboveStorey(file, names)))].sort()).toEqual(Object.keys(HANDED_UP).sort());
  const ahead = calls.flatMap(([file, names]) => inStorey(file, names).map((name) => `${roomOf(file)} asks ${name}`));
  const listed = Object.entries(ASKED_AHEAD).flatMap(([room, asked]) => Object.keys(asked).map((name) => `${room} asks ${name}`));
  expect([...new Set(ahead)].sort()).toEqual(listed.sort());
});

test('a table behind a variable is found', () => {
  expect(namesNoTable('sql.raw(`update $' + '{table} set state = 1`)')).toBe(true);
  expect(namesNoTable('sql`select from loans`')).toBe(false);
});

test.each([
  ['mpesa/payments/settle.ts', 'sql`update loans set state = 1`', foreignWrites, ['loans']],
  ['shop/orders/sell.sql', 'insert into transfers (id) values (1);', foreignWrites, ['transfers']],
  ['mpesa/payments/settle.ts', 'sql`UPDATE "loans" SET state = 1`', foreignWrites, ['loans']],
  ['mpesa/payments/settle.ts', 'sql`update public.loans set state = 1`', foreignWrites, ['loans']],
  ['mpesa/payments/settle.ts', 'sql`merge into loans l using deposits d on true when matched then delete`', foreignWrites, ['loans']],
  ['mpesa/payments/settle.ts', `sql\`delete from \${sql.identifier('loans')}\``, foreignWrites, ['loans']],
  ['mpesa/payments/settle.ts', 'sql`truncate table loans`', foreignWrites, ['loans']],
  ['mpesa/payments/settle.ts', 'sql`select from deposits d join matches m on true, loans l where true`', foreignReads, ['loans']],
  ['mpesa/payments/settle.ts', 'tx.insert(members).values(row)', foreignWrites, ['members']],
  ['mpesa/payments/find-place.sql', 'select from deposits d join repayments r on true', foreignReads, ['repayments']],
  ['shop/orders/sell.sql', 'select from members', foreignReads, ['members']],
  ['ground/limits/limits.ts', 'db.select().from(payments)', foreignReads, ['payments']],
  ['mpesa/payments/settle.ts', '/** what is read from loans */ sql`select from deposits for update` // from loans', foreignReads, []],
  ['books/ledger/book.sql', 'perform record_1(1); perform sell_2(payment);', callsUpwards, ['sell']],
  ['mpesa/refunds/give-back-parts.ts', 'tx.execute(sql`select less_held_7(p.id, p.at)`)', callsUpwards, ['less_held']],
  ['mpesa/float/tariff.ts', 'sql`select settle_lines_1(1)`', callsUpwards, ['settle_lines']],
  ['shop/orders/sell.sql', 'perform book_1(1); perform deposit_savings_2(2);', callsUpwards, ['deposit_savings']],
  ['sacco/loans/tell-closed.sql', 'perform deposit_savings_2(2);', callsUpwards, ['deposit_savings']],
  ['sacco/loans/has-repaid.sql', '-- as sell_2() does\nselect next_leg_1(1), book_1(2)', callsUpwards, []],
] as const)('what is planted in %s is found: %s', (file, planted, look, strangers) => {
  expect(look(file, planted)).toEqual(strangers);
});
