import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { putRow } from '../world/put-row.ts';

// What a list of a time refutes, one clause of refute-absent.sql at a time.

const [OURS, OTHER] = ['174379', '600111'];
const [FROM, NOON, TO] = ['2026-11-20T21:00:00Z', '2026-11-21T09:00:00Z', '2026-11-21T20:59:59Z'];

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.sql('truncate statement_lines, statements, deposits, pulls cascade'));

type Row = Record<string, unknown>;
const statement = (row: Row = {}) =>
  putRow(database, 'statements', {
    ...{ shortcode: OURS, account: 'utility', state: 'done', refutes: true, covers_from: FROM, covers_to: TO },
    ...{ file_hash: Math.random().toString(), ...row },
  });
const line = async (row: Row, of: Row = {}) =>
  putRow(database, 'statement_lines', {
    ...{ statement_id: await statement({ refutes: false, ...of }), receipt: 'UKL0000001', direction: 'in', kind: 'payment', ...row },
  });
/** Whether told money of noon, whose receipt is of that day, is refuted. */
async function isRefuted(row: Row = {}): Promise<boolean> {
  const told = { source: 'c2b', receipt: 'UKL0000001', shortcode: OURS, moved_at: NOON, allocated_at: NOON, amount_cents: 70_000, ...row };
  await putRow(database, 'deposits', told);
  return (await database.sql("select * from refute_absent_2(100, '{}', now())")).length > 0;
}

test.each<[string, Row, boolean]>([
  ['that it does not contain', {}, true],
  ['that came to another short code', { shortcode: OTHER }, false],
  ['whose receipt is proved, and only doubted', { receipt_proved_at: NOON }, false],
  ['within a minute of its end', { moved_at: '2026-11-21T20:59:30Z' }, false],
  ['within a minute of its beginning', { moved_at: '2026-11-20T21:00:30Z' }, false],
  ['whose receipt is of a day that it does not have', { receipt: 'UKM0000001' }, false],
])('a signed statement refutes told money %s: or not', async (_, money, refuted) => {
  await statement();
  expect(await isRefuted(money)).toBe(refuted);
});

test.each<[string, Row, boolean]>([
  ['is not known to list payments', { refutes: false }, false],
  ['is signed and not settled yet', { state: 'signed' }, false],
  ['is of another short code', { shortcode: OTHER }, false],
])('a statement that %s refutes nothing', async (_, row, refuted) => {
  await statement(row);
  expect(await isRefuted()).toBe(refuted);
});

test.each<[string, Row, Row, boolean]>([
  ['a payment of a signed statement', {}, { state: 'signed' }, false],
  ['a payment of a statement that nobody has signed', {}, { state: 'matched' }, true],
  ['a payment to another short code', {}, { shortcode: OTHER }, true],
  ['a top-up', { kind: 'top_up' }, {}, true],
  ['money out', { direction: 'out', kind: 'charge' }, {}, true],
])('what another statement has as %s is refuted, or not', async (_, row, of, refuted) => {
  await statement();
  await line(row, of);
  expect(await isRefuted()).toBe(refuted);
});

test('statements join where they touch, of one account alone', async () => {
  const halves = (account: string) =>
    Promise.all([statement({ covers_to: '2026-11-21T08:59:59Z', account: 'utility' }), statement({ covers_from: NOON, account })]);
  await halves('merchant');
  expect(await isRefuted()).toBe(false);
  await database.sql('truncate statements, deposits cascade');
  await halves('utility');
  expect(await isRefuted()).toBe(true);
});

test.each([
  ['nothing that it has', {}, true],
  ['not what it could not read', { unread: ['UKL0000001'] }, false],
  ['not what it names and could not settle', { refutes_not: ['UKL0000001'] }, false],
])('a whole pull refutes, and %s', async (_, row, refuted) => {
  const pull = { shortcode: OURS, refutes_shortcode: OURS, refutes_from: FROM, refutes_until: TO, unread: [], refutes_not: [] };
  await putRow(database, 'pulls', { ...pull, ...row });
  expect(await isRefuted()).toBe(refuted);
});
