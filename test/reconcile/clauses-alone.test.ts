import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { putRow } from '../world/put-row.ts';

// Clauses of what settles a statement's lines that no whole sequence reaches, each alone.

const [OURS, OTHER] = ['174379', '600111'];
const NOON = '2026-11-21T09:00:00Z';
const R = 'UKL0000001';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.sql('truncate statement_lines, statements, withdrawals, payouts, deposits, reviews cascade'));

type Row = Record<string, unknown>;
const put = (table: string, row: Row) => putRow(database, table, row);
const deposit = (row: Row = {}) => put('deposits', { source: 'c2b', receipt: R, shortcode: OURS, amount_cents: 70_000, ...row });
const asked = async (call: string, ...params: unknown[]) => (await database.sql(`select ${call} as x`, params))[0]?.x;
async function line(row: Row, of: Row = {}) {
  const id = await put('statements', {
    shortcode: OURS,
    state: 'done',
    decided_at: NOON,
    file_hash: Math.random().toString(),
    done: 0,
    line_count: 1,
    ...of,
  });
  await put('statement_lines', {
    statement_id: id,
    n: 1,
    receipt: R,
    direction: 'out',
    ordinal: 1,
    completed_at: NOON,
    amount_cents: 70_000,
    ...row,
  });
  return id;
}

test.each<[string, Row, string | null]>([
  ['a payout', {}, R],
  ['a payout, though a deposit has it', { told: true }, null],
  ['a reversal, whose line may bear the receipt of the payment', { kind: 'reversal', linked_receipt: 'UKL0000002' }, null],
])('the receipt of a line that was found to be %s becomes the payout’s, or not', async (_, { told, ...row }, receipt) => {
  const sent = await put('withdrawals', { state: 'paid', amount_cents: 70_000 });
  await line({ kind: 'payout', finding: 'unresolved', movement_id: sent, ...row });
  if (told) await deposit();
  await asked('settle_unresolved_3(now())');
  expect(await database.sql('select receipt from withdrawals')).toEqual([{ receipt }]);
  expect(await database.sql('select verdict from statement_lines')).toEqual([{ verdict: 'agrees' }]);
});

test.each([
  ['nobody has it', false, R],
  ['a deposit has it', true, null],
])('the receipt of a line that names a payout becomes the payout’s, or stays nobody’s: %s', async (_, told, receipt) => {
  const sent = await put('withdrawals', { state: 'paid', amount_cents: 70_000 });
  const id = await line({ kind: 'payout', finding: 'names', movement_id: sent }, { state: 'signed' });
  if (told) await deposit();
  await database.sql('select * from settle_lines_2($1, 1, now())', [id]);
  expect(await database.sql('select receipt from withdrawals')).toEqual([{ receipt }]);
});

test.each([
  [null, false],
  ['locked', true],
])('a statement does not end while a line of what was refunded is not settled (%s)', async (verdict, ends) => {
  const id = await line({ kind: 'reversal', finding: 'reversed', verdict }, { state: 'signed', done: 1 });
  expect(await asked('end_statement_3($1, now())', id)).toBe(ends);
});

test.each<[string, Row, string | null]>([
  ['is proved to have come there', { receipt_proved_at: NOON }, OTHER],
  ['was told to have come there', {}, null],
  ['came to its own', { receipt_proved_at: NOON, shortcode: OURS }, null],
])('a statement is another short code’s by a payment that %s', async (_, row, belongs) => {
  const id = await line({ direction: 'in', kind: 'payment' });
  await deposit({ shortcode: OTHER, ...row });
  expect(await asked('belongs_to_1(s) as x from statements s where s.id = $1 --', id)).toBe(belongs);
});

test.each<[string, Row, Row, boolean]>([
  ['a payment of a signed statement', {}, {}, true],
  ['a payment of a statement that nobody has signed', {}, { state: 'matched' }, false],
  ['a top-up', { kind: 'top_up' }, {}, false],
  ['money out', { direction: 'out' }, {}, false],
])('%s is a payment that is signed: or not', async (_, row, of, is) => {
  await line({ direction: 'in', kind: 'payment', ...row }, of);
  expect(await asked('is_signed_payment_1($1)', R)).toBe(is);
});

test.each<[string, Row, Row, boolean]>([
  ['another part', { receipt: 'UKL0000003' }, {}, true],
  ['the same line', {}, {}, false],
  ['the same line of a statement that is not settled', {}, { state: 'signed' }, true],
])('what was refunded is told once: an earlier statement had %s', async (_, row, of, tells) => {
  const reversed = { kind: 'reversal', finding: 'reversed', receipt: 'UKL0000002', linked_receipt: R };
  await line({ ...reversed, ...row }, of);
  expect(await asked('tells_reversal_1($1, $2)', await line(reversed), R)).toBe(tells);
});

test.each<[string, Row, Row]>([
  ['told of the whole', {}, { verdict: 'taken_back', proved: true, shortcode: OURS }],
  ['told of it at another short code', { shortcode: OTHER }, { verdict: 'taken_back', proved: true, shortcode: OURS }],
  ['told of more', { amount_cents: 70_001 }, { verdict: 'locked', proved: false, shortcode: OURS }],
  [
    'proved it at another short code, and that is doubted',
    { shortcode: OTHER, receipt_proved_at: NOON },
    { verdict: 'other_shortcode', proved: true, shortcode: OTHER },
  ],
  ['proved it', { receipt_proved_at: NOON, confirmed_at: NOON, allocated_at: NOON }, { verdict: 'locked', proved: true, shortcode: OURS }],
  [
    'proved it at another short code, as a list alone says',
    { shortcode: OTHER, source: 'pull', receipt_proved_at: NOON, confirmed_at: NOON, allocated_at: NOON },
    { verdict: 'locked', shortcode: OTHER },
  ],
  ['proved it, and we have it given back', { confirmed_at: NOON, ours: true }, { finding: 'unresolved', verdict: null }],
  [
    'proved it, and we have it given back, at another short code',
    { confirmed_at: NOON, shortcode: OTHER, ours: true },
    { verdict: 'other_shortcode' },
  ],
])('a line gives a payment back of which somebody has %s', async (_, { ours, ...row }, is) => {
  const subject = await deposit({ moved_at: NOON, ...row });
  const payout = await put('payouts', { kind: 'reversal', subject_id: subject, state: 'approved', source_account: 'suspense' });
  if (ours) await put('withdrawals', { payout_id: payout, state: 'unknown', amount_cents: 70_000, dispatched_at: NOON });
  const reversed = { kind: 'reversal', finding: 'reversed', receipt: 'UKL0000002', linked_receipt: R };
  await asked('settle_reversed_2($1, now())', await line(reversed, { state: 'signed' }));
  const [now] = await database.sql(
    'select l.finding, l.verdict, d.receipt_proved_at is not null as proved, d.shortcode from statement_lines l, deposits d where d.receipt = $1',
    [R],
  );
  expect(now).toMatchObject(is);
});
