import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runConsole } from '../../dev/db-console.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
let dir: string;
beforeAll(async () => {
  world = await startWorld();
  dir = mkdtempSync(path.join(tmpdir(), 'malipo-console-'));
  writeFileSync(path.join(dir, 'commands.env'), `DATABASE_URL=${world.database.url}\n`);
});
afterAll(() => world.stop());

async function said(argv: string[], statements: string[] = []) {
  const heard = { printed: [] as string[], rows: [] as unknown[], complaints: [] as string[] };
  const code = await runConsole(argv, asTyped(statements), {
    print: (text) => heard.printed.push(text),
    table: (rows) => heard.rows.push(...rows),
    complain: (text) => heard.complaints.push(text),
  });
  return { code, ...heard };
}

async function* asTyped(statements: string[]) {
  yield* statements;
}

const RENAME = "update vat_rates set basis_points = basis_points where vat_class = 'A'";

test('a statement that is given is run, and what it gave is shown', async () => {
  expect(await said(['--dir', dir, 'select 1 as one'])).toMatchObject({ code: 0, rows: [{ one: 1 }], printed: ['SELECT 1'] });
});

test('several statements in one line are run in turn', async () => {
  expect(await said(['--dir', dir, 'select 1 as one; select 2 as two'])).toMatchObject({
    ...{ code: 0, complaints: [], rows: [{ one: 1 }, { two: 2 }], printed: ['SELECT 1', 'SELECT 1'] },
  });
});

test('without --write nothing can be changed', async () => {
  const refused = await said(['--dir', dir, RENAME]);
  expect(refused.code).toBe(1);
  expect(refused.complaints).toEqual([expect.stringContaining('read-only transaction')]);
  expect(await said(['--dir', dir, '--write', RENAME])).toMatchObject({ code: 0, printed: ['UPDATE 1'] });
});

test('what is typed is run until \\q, and a mistake ends nothing', async () => {
  const { code, rows, complaints } = await said(['--dir', dir], ['selekt 1;', 'select 2 as two;', '\\q', 'select 3 as three;']);
  expect({ code, rows }).toEqual({ code: 0, rows: [{ two: 2 }] });
  expect(complaints).toEqual([expect.stringContaining('syntax error')]);
});

test('without a database it says what to do', async () => {
  const { code, complaints } = await said(['--dir', path.join(dir, 'nothing'), 'select 1']);
  expect(code).toBe(2);
  expect(complaints.join()).toContain('npm start');
});
