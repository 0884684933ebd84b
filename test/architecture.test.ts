import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { expectations } from '../dev/bundle/expectations.ts';
import { FIXED_NAMES, misnamed } from '../dev/bundle/function-names.ts';
import { HOUSE, mayKnow, roomOf, storeyOf } from './house.ts';

const SRC = path.resolve('src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /\.[cm]?[jt]s$/.test(file));
/** The files of folders that stand beside src, seen from there. */
const besideSrc = (...folders: readonly string[]): string[] =>
  folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((file) => (file.endsWith('.ts') ? [`../${folder}/${file}`] : [])),
  );
const sourceOf = (file: string) => readFileSync(path.join(SRC, file), 'utf8');

/** What a file imports of ours, types and what it starts as a worker included. */
const importsOf = (file: string, source: string): string[] =>
  [...source.matchAll(/(?:from|import\(|^import|new URL\(|new Worker\(|require\(|resolve\()\s*['"`]([.#][^'"`]+)['"`]/gm)].map(
    ([, target = '']) => (target.startsWith('#') ? target.slice(1) : path.relative(SRC, path.resolve(SRC, path.dirname(file), target))),
  );

/** The imports of a file that lead upwards, or to the other house. */
const strangersOf = (file: string, source: string): string[] =>
  importsOf(file, source).filter((target) => target !== '../drizzle' && !mayKnow(file, target)); // a folder: the migrations to apply

test('every file stands in a room of the house', () => {
  const homeless = files.filter(
    (file) => HOUSE[storeyOf(file)] === undefined || ((HOUSE[storeyOf(file)]?.length ?? 0) > 0 && !roomOf(file)),
  );
  expect(homeless).toEqual([]);
});

test.each(files)('%s imports nothing from above or beside it', (file) => {
  expect(strangersOf(file, sourceOf(file))).toEqual([]);
});

test.each([
  ['mpesa/payments/settle.ts', "import { repayLoan } from '#sacco/loans/repay-loan.ts';", 'sacco/loans/repay-loan.ts'],
  ['mpesa/payments/settle.ts', "import { x } from '../payouts/request-payout.ts';", 'mpesa/payouts/request-payout.ts'],
  ['ground/db/client.ts', "import type { App } from '#mpesa/wiring/app.ts';", 'mpesa/wiring/app.ts'],
  ['ground/log.ts', "import { startPostgres } from '../../dev/postgres.ts';", '../dev/postgres.ts'],
  ['shop/orders/purposes.ts', "const { a } = await import('#sacco/members/member-number.ts');", 'sacco/members/member-number.ts'],
  ['sacco/loans/math/work-out.ts', "export { lockLoan } from '../lock-loan.ts';", 'sacco/loans/lock-loan.ts'],
  ['mpesa/payments/settle.ts', 'import { repayLoan } from "#sacco/loans/repay-loan.ts";', 'sacco/loans/repay-loan.ts'],
  ['mpesa/payments/settle.ts', 'await import(`#sacco/loans/repay-loan.ts`)', 'sacco/loans/repay-loan.ts'],
  ['mpesa/payments/settle.ts', "new Worker(new URL('../../sacco/loans/repay-loan.ts', import.meta.url))", 'sacco/loans/repay-loan.ts'],
])('a stranger that is planted in %s is found: %s', (file, planted, target) => {
  expect(strangersOf(file, planted)).toEqual([target]);
});

/** Whether a file imports something whose name is made while it runs. */
const importsUnnamed = (source: string): boolean => /\bimport\(\s*(?!['"]|`[^`$]*`)/.test(source);

test('what is imported is named', () => {
  expect(files.filter((file) => importsUnnamed(sourceOf(file)))).toEqual([]);
  expect(importsUnnamed('await import(name)')).toBe(true);
  expect(importsUnnamed('await import(`#sacco/loans.ts`)')).toBe(false);
});

/** The files from which one comes back to where one began. */
function circleOf(start: string, imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const seen = new Set<string>();
  const walk = (file: string, trail: readonly string[]): string[] | undefined => {
    for (const next of imports.get(file) ?? []) {
      if (next === start) return [...trail, file];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...trail, file]);
      if (found) return found;
    }
    return undefined;
  };
  return walk(start, []);
}

test('no imports go in a circle, types included, in src and beside it', () => {
  const imports = new Map([...files, ...besideSrc('dev', 'netlify', 'bench')].map((file) => [file, importsOf(file, sourceOf(file))]));
  expect([...imports.keys()].flatMap((file) => circleOf(file, imports) ?? [])).toEqual([]);
  expect(imports.get('../dev/daraja/network.ts')).toContain('../dev/daraja/state.ts');
  expect(imports.get('../netlify/functions/stk-push.ts')).toContain('mpesa/payments/request-stk-push.ts');
  const planted = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['a']],
  ]);
  expect(circleOf('a', planted)).toEqual(['a', 'b', 'c']);
});

test('other storeys are imported by their names, neighbours by where they stand', () => {
  const spelled = files.flatMap((file) =>
    [...sourceOf(file).matchAll(/from '([.#][^']+)'/g)].flatMap(([, target = '']) => {
      const isNamed = target.startsWith('#');
      const isNeighbour = storeyOf(importsOf(file, `from '${target}'`)[0] ?? '') === storeyOf(file) && file.includes('/');
      return isNamed === isNeighbour ? [`${file}: ${target}`] : [];
    }),
  );
  expect(spelled).toEqual([]);
});

test('ARCHITECTURE.md shows the rooms of each storey in this order', () => {
  const [, text = ''] = readFileSync('ARCHITECTURE.md', 'utf8').split('## The house');
  const shown = [...text.matchAll(/^\| `(\w+)\/` \| (.+) \|$/gm)].map(([, storey = '', rooms = '']) => [
    storey,
    [...rooms.matchAll(/`([\w/.-]+)`/g)].map(([, room]) => room),
  ]);
  const folders = Object.entries(HOUSE).filter(([storey, rooms]) => rooms.length > 0 && !storey.endsWith('.ts'));
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(folders));
});

test('only the configuration reads the environment', () => {
  const readers = files.filter((file) => sourceOf(file).includes('process.env'));
  expect(readers).toEqual(['ground/config/config.ts']);
});

test('a function file is a sentence, lies flat, and its config is made of literals', () => {
  for (const file of readdirSync('netlify/functions')) {
    expect(file).toMatch(/^[a-z0-9-]+\.ts$/);
    const source = readFileSync(path.join('netlify/functions', file), 'utf8');
    expect(source.split('\n').length).toBeLessThanOrEqual(25);
    expect(source).toMatch(/^export const config: Config = \{[^}]*(\{[^}]*\}[^}]*)?\};$/m);
  }
});

test('a function is named by a verb and a noun, reads by GET, and acts by anything else', () => {
  const names = readdirSync('netlify/functions').map((file) => path.basename(file, '.ts'));
  expect(names.sort()).toEqual(Object.keys(expectations).sort());
  expect(misnamed(expectations)).toEqual([]);
  expect(FIXED_NAMES.filter((name) => !names.includes(name))).toEqual([]);
});

test.each([
  ['payouts', ['POST', 'OPTIONS']],
  ['refund-payment-result', ['POST']],
  ['read', ['GET']],
  ['list-payouts', ['POST', 'OPTIONS']],
  ['list-payouts', ['GET', 'PUT']],
  ['list-payouts', []],
  ['request-payout', ['GET', 'OPTIONS']],
])('a function that is called %s and answers %j is found', (name, methods) => {
  expect(misnamed({ [name]: { methods } })).toHaveLength(1);
});

test('no file is longer than 250 lines, and none is a drawer for everything', () => {
  for (const file of [...files, ...besideSrc('dev', 'netlify/functions')].filter((name) => name !== 'shop/invoices/fonts.ts')) {
    expect(sourceOf(file).split('\n').length, file).toBeLessThanOrEqual(250);
    expect(file).not.toMatch(/(^|\/)(index|utils|helpers|service|manager|common)\b/);
  }
});
