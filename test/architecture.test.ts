import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** Who may import whom, by folder of src. ARCHITECTURE.md quotes this table. */
const MAY_IMPORT: Record<string, string[]> = {
  config: [],
  money: [],
  references: ['db'],
  time: [],
  runs: ['db', 'callback-tokens', 'time'],
  'callback-tokens': [],
  daraja: [],
  db: ['config'],
  idempotency: ['db'],
  audit: ['db'],
  inbox: ['db'],
  ledger: ['db', 'money', 'time'],
  float: ['db', 'auth', 'audit', 'idempotency', 'ledger', 'money', 'paybill', 'payments', 'payouts', 'refunds', 'reviews', 'time'],
  outbox: ['db', 'reviews'],
  reviews: ['db'],
  'token-cache': ['db', 'daraja'],
  auth: ['db', 'audit'],
  limits: ['db', 'reviews'],
  members: ['db', 'auth', 'audit', 'idempotency', 'ledger', 'money', 'references', 'people', 'payments', 'notify', 'time'],
  accounts: ['db', 'auth', 'ledger', 'members', 'money', 'notify', 'payments', 'references', 'time'],
  loans: [
    'db',
    'auth',
    'audit',
    'accounts',
    'idempotency',
    'ledger',
    'members',
    'money',
    'notify',
    'outbox',
    'paybill',
    'payments',
    'payouts',
    'people',
    'references',
    'reviews',
    'runs',
    'time',
  ],
  reports: ['db', 'float', 'money', 'time'],
  statements: ['daraja', 'time'],
  reconcile: ['db', 'auth', 'audit', 'daraja', 'money', 'paybill', 'payments', 'payouts', 'references', 'runs', 'statements', 'time'],
  notices: ['config', 'db', 'accounts', 'ledger', 'limits', 'loans', 'members', 'money', 'notify', 'outbox', 'people', 'payments', 'time'],
  people: ['db', 'auth', 'audit', 'limits', 'notify', 'outbox', 'payments'],
  notify: ['config', 'db', 'outbox', 'reviews', 'time'],
  health: ['config', 'db', 'spill'],
  spill: ['db', 'reviews'],
  payments: [
    'db',
    'money',
    'daraja',
    'references',
    'callback-tokens',
    'idempotency',
    'audit',
    'inbox',
    'ledger',
    'limits',
    'outbox',
    'reviews',
    'token-cache',
  ],
  payouts: [
    'db',
    'auth',
    'limits',
    'idempotency',
    'money',
    'daraja',
    'references',
    'callback-tokens',
    'audit',
    'inbox',
    'ledger',
    'outbox',
    'reviews',
    'payments',
    'paybill',
  ],
  paybill: ['db', 'auth', 'money', 'daraja', 'references', 'callback-tokens', 'audit', 'inbox', 'ledger', 'reviews', 'payments', 'time'],
  inquiries: [
    'db',
    'float',
    'money',
    'daraja',
    'callback-tokens',
    'audit',
    'inbox',
    'ledger',
    'outbox',
    'reviews',
    'payments',
    'paybill',
    'payouts',
  ],
  invoices: ['db', 'money', 'audit', 'outbox', 'notify', 'payments'],
  orders: ['db', 'money', 'audit', 'ledger', 'payments', 'invoices'],
  bookings: [
    'db',
    'money',
    'daraja',
    'references',
    'idempotency',
    'auth',
    'audit',
    'ledger',
    'limits',
    'outbox',
    'reviews',
    'payments',
    'paybill',
    'payouts',
    'invoices',
    'orders',
  ],
  refunds: ['db', 'idempotency', 'money', 'audit', 'ledger', 'outbox', 'payments', 'paybill', 'payouts', 'invoices'],
  http: ['db', 'auth', 'callback-tokens', 'idempotency', 'reviews', 'spill'],
};

/** Files above the folders that everybody may know: failures, the log, and what a request and its answer look like. */
const FOR_ALL = ['errors.ts', 'call.ts', 'log.ts'];

const SRC = path.resolve('src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const sourceOf = (file: string) => readFileSync(path.join(SRC, file), 'utf8');

/** What a file imports; `import type` of the wired application is the one look upwards that is allowed. */
function importsOf(file: string): string[] {
  const found = [...sourceOf(file).matchAll(/^(import|export) (type )?[^;]*?from '(\.[^']+)';/gms)];
  return found
    .map(([, , type, target]) => ({ type: Boolean(type), target: path.relative(SRC, path.resolve(SRC, path.dirname(file), target ?? '')) }))
    .filter(({ type, target }) => !(type && ['app.ts', 'core.ts', 'config.ts'].includes(target)))
    .map(({ target }) => target);
}

const folderOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : '');

test.each(files.filter((file) => folderOf(file) !== ''))('%s imports only what its folder may', (file) => {
  const folder = folderOf(file);
  const allowed = MAY_IMPORT[folder];
  expect(allowed, `src/${folder} has no row in the table`).toBeDefined();
  const strangers = importsOf(file).filter((target) => {
    if (folderOf(target) === folder || FOR_ALL.includes(target)) return false;
    if (folder === 'http' && ['app.ts', 'core.ts', 'config.ts'].includes(target)) return false;
    if (folder === 'db' && target === 'config.ts') return false; // the migration's own command
    return !allowed?.includes(folderOf(target));
  });
  expect(strangers).toEqual([]);
});

test('ARCHITECTURE.md shows the table as it is', () => {
  const [, table = ''] = readFileSync('ARCHITECTURE.md', 'utf8').split('## Who may import whom');
  const rows = [...table.matchAll(/^\| ((?:`[\w-]+` ?)+) \| (?:`([\w -]+)`|nothing of ours) \|$/gm)];
  const shown = rows.flatMap(([, folders = '', others = '']) =>
    [...folders.matchAll(/[\w-]+/g)].map(([folder]) => [folder, others.split(' ').filter(Boolean).sort()]),
  );
  expect(Object.fromEntries(shown)).toEqual(
    Object.fromEntries(Object.entries(MAY_IMPORT).map(([folder, others]) => [folder, [...others].sort()])),
  );
});

test('only the configuration reads the environment', () => {
  const readers = files.filter((file) => sourceOf(file).includes('process.env'));
  expect(readers).toEqual(['config.ts']);
});

test('a function file is a sentence, lies flat, and its config is made of literals', () => {
  for (const file of readdirSync('netlify/functions')) {
    expect(file).toMatch(/^[a-z0-9-]+\.ts$/);
    const source = readFileSync(path.join('netlify/functions', file), 'utf8');
    expect(source.split('\n').length).toBeLessThanOrEqual(25);
    expect(source).toMatch(/^export const config: Config = \{[^}]*(\{[^}]*\}[^}]*)?\};$/m);
  }
});

test('no file is longer than 250 lines, and none is a drawer for everything', () => {
  for (const file of files.filter((name) => name !== 'invoices/fonts.ts')) {
    expect(sourceOf(file).split('\n').length, file).toBeLessThanOrEqual(250);
    expect(file).not.toMatch(/(^|\/)(index|utils|helpers|service|manager|common)\b/);
  }
});
