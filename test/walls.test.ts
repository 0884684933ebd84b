import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ASKED_AHEAD, HANDED_UP, mayKnow, roomOf, storeyOf } from './house.ts';
import { codeOf } from './sql-texts.ts';
import { files, foreignReads, foreignWrites, hidesTable, namedIn, sourceOf, tablesOf } from './table-uses.ts';

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

/** Where SQL holds what only the running program knows: why, and after it the tables that the file names for that. */
const HIDING: Record<string, readonly string[]> = {
  'ground/db/call-function.ts': ['the text of a call, between its parameters'],
  'ground/db/columns.ts': ['the words of a check'],
  'ground/db/rows.ts': ['the columns of a shape'],
  'ground/db/fill-columns.ts': ['the table that a file of drizzle/fill is named after'],
  'ground/db/validate-constraints.ts': ['the tables whose constraints wait, from the catalogue'],
  'ground/db/encrypted-columns.ts': ['the tables whose columns are encrypted, from the schemas'],
  'ground/db/lay-lookup-key.ts': ['the tables that hold hashes, from the catalogue'],
  'ground/db/rotate-table.ts': ['the table whose values are encrypted anew'],
  'desk/person/forget-held.ts': ['the columns that hold a person'],
  'desk/person/rows-of.ts': [
    'the tables that desk/person/holdings lists: of all that is held of a person, one reader and one that forgets',
  ],
  'mpesa/float/watch/read-movements.ts': ['the receipt that a charge bears, as an expression'],
  'mpesa/payouts/arrived-already.ts': ['one of two columns'],
  'mpesa/reconcile/purge-uploads.ts': ['what a statement holds', 'statement_absences', 'statement_lines', 'statement_parts', 'statements'],
  'mpesa/reconcile/sign-statement.ts': ['what a statement holds', 'statement_absences', 'statement_lines', 'statement_parts'],
};

test('a table is named where it is used, but for those that are listed', () => {
  const hiding = files.filter((file) => hidesTable(file, sourceOf(file))).map((file) => [file, namedIn(file, sourceOf(file))]);
  expect(Object.fromEntries(hiding)).toEqual(Object.fromEntries(Object.entries(HIDING).map(([file, [, ...named]]) => [file, named])));
});

/** What the tools read for themselves; nothing of `dev` writes a table. */
const TOOLS: Record<string, readonly string[]> = {
  'api-key.ts': ['people'], // whose key it is
  'backup/check-restored.ts': ['accounts'], // whether the restored books balance
  'backup/migrations.ts': ['detachments'], // whether the schema is one of which backups are made
  'db-console.ts': ['payments'], // an example in its help
  'doctor/check-initiator.ts': ['inquiries'], // what Safaricom last said of the password
  'doctor/check-owner.ts': ['database_environment'], // whose database it is
  'world/prepare-database.ts': ['items', 'loan_products'], // whether samples are there
  'world/read-books.ts': ['attempts', 'deposits', 'evidence', 'invoices', 'payments'], // what the simulator compares with what it moved
};

const beside = (folder: string): [file: string, source: string][] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((file) =>
    /\.([cm]?[jt]s|sql)$/.test(file) ? [[file, readFileSync(path.join(folder, file), 'utf8')]] : [],
  );

test('beside src, tools read the tables that are listed, and functions none', () => {
  const tools = beside('dev').map(([file, source]) => [file, tablesOf(file, source), foreignWrites(file, source)] as const);
  expect(Object.fromEntries(tools.flatMap(([file, used]) => (used.length > 0 ? [[file, used]] : [])))).toEqual(TOOLS);
  expect(tools.flatMap(([, , written]) => written)).toEqual([]);
  const functions = beside('netlify/functions');
  expect(functions.filter(([, source]) => speaksSql(source))).toEqual([]);
  expect(functions.length).toBeGreaterThan(0);
});

/** Whether a function file speaks to the database itself. */
const speaksSql = (source: string): boolean =>
  /\bsql\b|drizzle-orm|\.schema\.|\.(execute|query|transaction|select|insert|update)\(/.test(source);

test('functions above or beside are called by nobody, but for what is handed up or asked ahead', () => {
  const calls = Object.entries(found(callsUpwards));
  expect(calls.map(([file]) => file).filter((file) => storeyOf(file) !== 'mpesa')).toEqual([]);
  expect([...new Set(calls.flatMap(([file, names]) => aboveStorey(file, names)))].sort()).toEqual(Object.keys(HANDED_UP).sort());
  const ahead = calls.flatMap(([file, names]) => inStorey(file, names).map((name) => `${roomOf(file)} asks ${name}`));
  const listed = Object.entries(ASKED_AHEAD).flatMap(([room, asked]) => Object.keys(asked).map((name) => `${room} asks ${name}`));
  expect([...new Set(ahead)].sort()).toEqual(listed.sort());
});

/** What is planted, with its holes: `#{` stands for the `${` of a template. */
const filled = (planted: string): string => planted.replaceAll('#{', '${');

test.each([
  ['settle.ts', 'sql.raw(`update #{table} set state = 1`)'],
  ['settle.ts', 'sql`select from #{sql.raw(table)}`'],
  ['settle.ts', "sql.raw('select from ' + table)"],
  ['settle.ts', "const text = 'select from ' + table;"],
  ['settle.ts', 'client.query(`select 1 from #{table} where true`)'],
  ['settle.ts', 'sql`select #{one ? sql`(select from #{sql.identifier(table)})` : two}`'],
  ['settle.ts', "import { outbox } from '#ground/outbox/outbox.schema.ts';\nsql`insert into #{outbox} (id) values (1)`"],
  ['settle.ts', "export { loans } from '#sacco/loans/loans.schema.ts';"],
  ['settle.ts', "const { loans } = await import('#sacco/loans/loans.schema.ts');"],
  ['settle.sql', "begin execute format('select from %I', 'loans'); end"],
])('a table that is hidden in %s is found: %s', (file, planted) => {
  expect(hidesTable(file, filled(planted))).toBe(true);
});

test('whatever stands in a file, what is planted at its end is found', () => {
  const texts = files.filter((file) => !file.endsWith('.sql'));
  const planted = filled('\nsql`update #{table} set state = 1`');
  expect(texts.filter((file) => !hidesTable('settle.ts', sourceOf(file) + planted))).toEqual([]);
});

test('what hides no table passes', () => {
  expect(hidesTable('settle.ts', filled("sql`select from loans where id = #{id}`; sql`select from #{sql.identifier('loans')}`"))).toBe(
    false,
  );
  expect(namedIn('sign-statement.ts', filled("const t = 'loans'; sql`delete from #{sql.identifier(t)}`"))).toEqual(['loans']);
  expect(speaksSql('await app.db.execute(sql`select 1`)')).toBe(true);
  expect(tablesOf('tool.ts', 'sql`select from loans l`; db.select().from(members)')).toEqual(['loans', 'members']);
});

const OUTBOX = "import { outbox } from '#ground/outbox/outbox.schema.ts';\n";

test.each([
  ['mpesa/payments/settle.ts', 'sql`update loans set state = 1`', foreignWrites, ['loans']],
  ['shop/orders/sell.sql', 'insert into transfers (id) values (1);', foreignWrites, ['transfers']],
  ['mpesa/payments/settle.ts', 'sql`UPDATE "loans" SET state = 1`', foreignWrites, ['loans']],
  ['mpesa/payments/settle.ts', 'sql`update public.loans set state = 1`', foreignWrites, ['loans']],
  ['mpesa/payments/settle.ts', 'sql`merge into loans l using deposits d on true when matched then delete`', foreignWrites, ['loans']],
  ['mpesa/payments/settle.ts', "sql`delete from #{sql.identifier('loans')}`", foreignWrites, ['loans']],
  ['mpesa/payments/settle.ts', 'sql`truncate table loans`', foreignWrites, ['loans']],
  ['mpesa/payments/settle.ts', 'sql`select from deposits d join matches m on true, loans l where true`', foreignReads, ['loans']],
  ['mpesa/payments/settle.ts', 'tx.insert(members).values(row)', foreignWrites, ['members']],
  ['mpesa/payments/find-place.sql', 'select from deposits d join repayments r on true', foreignReads, ['repayments']],
  ['shop/orders/sell.sql', 'select from members', foreignReads, ['members']],
  ['ground/limits/limits.ts', 'db.select().from(payments)', foreignReads, ['payments']],
  ['mpesa/payments/settle.ts', '/** what is read from loans */ sql`select from deposits for update` // from loans', foreignReads, []],
  ['mpesa/payments/settle.ts', 'sql`select from deposits d, loans`', foreignReads, ['loans']],
  ['mpesa/payments/settle.ts', 'sql`select #{a ? sql`from loans` : b}`', foreignReads, ['loans']],
  ['mpesa/payments/settle.ts', "sql.raw('table loans')", foreignReads, ['loans']],
  ['mpesa/payments/settle.ts', "const text = 'select 1 from deposits, loans where true';", foreignReads, ['loans']],
  ['mpesa/payments/settle.ts', 'sql`select from (loans l join deposits d on true)`', foreignReads, ['loans']],
  ['mpesa/payments/settle.ts', 'sql`select from "public"."loans"`', foreignReads, ['loans']],
  ['mpesa/payments/settle.ts', String.raw`db.query('select\nloans.id from deposits')`, foreignReads, ['loans']],
  ['mpesa/payments/settle.sql', 'lock table loans;', foreignReads, ['loans']],
  ['mpesa/payments/settle.sql', 'declare l loans%rowtype;', foreignReads, ['loans']],
  ['mpesa/payments/settle.sql', 'create function pay_1(l loans) returns void', foreignReads, ['loans']],
  ['mpesa/payments/settle.sql', "select 'loans'::regclass, to_regclass('members')", foreignReads, ['loans', 'members']],
  ['mpesa/payments/settle.sql', "select count_1('loans')", foreignReads, []],
  ['mpesa/payments/settle.ts', "'Nothing of the loans is known here.'", foreignReads, []],
  ['shop/orders/sell.ts', `${OUTBOX}sql\`insert into #{outbox} (id) values (1)\``, foreignWrites, ['outbox']],
  ['shop/orders/sell.ts', `${OUTBOX.replace('outbox', 'outbox as o')}tx.insert(o)`, foreignWrites, ['outbox']],
  ['shop/orders/sell.ts', `${OUTBOX.replace('{ outbox }', '* as x')}tx.insert(x.outbox)`, foreignWrites, ['outbox']],
  ['../dev/world/fill.ts', 'tx.insert(loans).values(row)', foreignWrites, ['loans']],
  ['shop/orders/sell.ts', `${OUTBOX}const o = outbox; tx.insert(o)`, foreignWrites, ['outbox']],
  [
    'shop/orders/sell.ts',
    `${OUTBOX}tx.select({ one: outbox }).from(outbox).where(eq(outbox.id, id)); sql\`from #{outbox}\``,
    foreignWrites,
    [],
  ],
  ['books/ledger/book.sql', 'perform record_1(1); perform sell_2(payment);', callsUpwards, ['sell']],
  ['mpesa/refunds/give-back-parts.ts', 'tx.execute(sql`select less_held_7(p.id, p.at)`)', callsUpwards, ['less_held']],
  ['mpesa/float/tariff.ts', 'sql`select settle_lines_1(1)`', callsUpwards, ['settle_lines']],
  ['shop/orders/sell.sql', 'perform book_1(1); perform deposit_savings_2(2);', callsUpwards, ['deposit_savings']],
  ['sacco/loans/tell-closed.sql', 'perform deposit_savings_2(2);', callsUpwards, ['deposit_savings']],
  ['sacco/loans/has-repaid.sql', '-- as sell_2() does\nselect next_leg_1(1), book_1(2)', callsUpwards, []],
] as const)('what is planted in %s is found: %s', (file, planted, look, strangers) => {
  expect(look(file, filled(planted))).toEqual(strangers);
});
