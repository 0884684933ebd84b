import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../world/database.ts';
import { putRow } from '../../world/put-row.ts';

// Clauses of what moves money in the books that no whole sequence reaches, each alone.

const [OURS, OTHER] = ['174379', '600111'];
const NOON = '2026-11-21T09:00:00Z';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.sql('truncate withdrawals, payouts, deposits, payments, reviews cascade'));

type Row = Record<string, unknown>;
const put = (table: string, row: Row) => putRow(database, table, row);
const deposit = (row: Row = {}) =>
  put('deposits', { source: 'c2b', receipt: 'UKL0000001', shortcode: OURS, amount_cents: 70_000, moved_at: NOON, ...row });
const asked = async (call: string, ...params: unknown[]) => (await database.sql(`select ${call} as x`, params))[0]?.x;
const moved = async () => (await database.sql<{ kind: string }>('select kind from transfers order by id')).map(({ kind }) => kind);

test.each<[string, Row, string]>([
  ['of its amount', {}, 'paid'],
  ['that was refuted', { refuted_at: NOON }, 'pending'],
  ['that was taken back', { taken_back_at: NOON }, 'pending'],
  ['of less', { amount_cents: 69_999 }, 'pending'],
])('money %s pays its payment, or leaves it pending', async (_, row, status) => {
  const payment = await put('payments', {
    state: 'pending',
    amount_cents: 70_000,
    owed_cents: 70_000,
    purpose: 'order',
    reference: 'DK-1',
  });
  const id = await deposit({ payment_id: payment, ...row });
  await asked('count_deposit_2($1, now())', id);
  expect(await database.sql('select state from payments')).toEqual([{ state: status }]);
});

test.each<[string, Row, string]>([
  ['waits', {}, 'allocated'],
  ['was refuted', { refuted_at: NOON }, 'nothing to do'],
  ['is the same as another one', { merged_into: '00000000-0000-7000-8000-000000000001' }, 'nothing to do'],
  ['was allocated', { allocated_at: NOON }, 'nothing to do'],
])('money that %s is allocated, or not', async (_, row, says) => {
  expect(await asked('allocate_3($1, null, now())', await deposit(row))).toBe(says);
});

test.each([
  ['is under way', 'approved', 'suspense'],
  ['was paid', 'paid', 'suspense'],
  ['was declined', 'declined', 'counter_sale'],
])('money at a till whose reversal %s waits, or is sold', async (_, state, kind) => {
  const id = await deposit({ may_echo: true });
  await put('payouts', { kind: 'reversal', subject_id: id, amount_cents: 70_000, state, source_account: 'suspense' });
  const before = await moved();
  expect(await asked("allocate_3($1, 'E', now())", id)).toBe('allocated');
  expect([...new Set((await moved()).slice(before.length))]).toEqual([kind]);
});

test.each<[string, Row, string[]]>([
  ['told', {}, ['gathered']],
  ['taken back', { taken_back_at: NOON }, []],
])('money that was %s and came to another short code is booked there as far as it is in the books', async (_, row, kinds) => {
  const before = await moved();
  await asked('gather_2($1, $2, now())', await deposit(row), OTHER);
  expect((await moved()).slice(before.length)).toEqual(kinds);
  expect(await database.sql('select shortcode from deposits')).toEqual([{ shortcode: OTHER }]);
});

test.each<[string, Row, string]>([
  ['a list alone', { source: 'pull' }, OTHER],
  ['a list alone, which its notice had told before', { shortcode_by_list: true }, OTHER],
  ['a status answer', {}, OURS],
])('money that %s has proved to have come to one short code is moved to another, or stays', async (_, row, shortcode) => {
  await asked('gather_2($1, $2, now())', await deposit({ confirmed_at: NOON, receipt_proved_at: NOON, ...row }), OTHER);
  expect(await database.sql('select shortcode from deposits')).toEqual([{ shortcode }]);
});

test('what was reversed in the portal of money that is moved to another short code has left where it was, and is not moved', async () => {
  const id = await deposit({ confirmed_at: NOON, receipt_proved_at: NOON, source: 'pull' });
  await asked("book_1('reversed_elsewhere', $1, 1, 'receivables', own_account_1('paybill_float', $2), 30000, now())", id, OURS);
  await asked('gather_2($1, $2, now())', id, OTHER);
  expect(await database.sql("select amount_cents::int as cents from transfers where kind = 'gathered' and source_id = $1", [id])).toEqual([
    { cents: 40_000 },
  ]);
});

/** A reversal that was sent for a receipt which one deposit had, and another one has now. */
async function reversal({ sent = 'dispatched', ...row }: Row, to: Row = {}) {
  const from = await deposit({ receipt: 'UKL0000002' });
  const other = await deposit(to);
  const payout = await put('payouts', {
    ...{
      kind: 'reversal',
      subject: from,
      receipt: 'UKL0000001',
      amount_cents: 70_000,
      state: 'approved',
      source_account: 'suspense',
      ...row,
    },
  });
  await put('withdrawals', { payout_id: payout, state: sent, amount_cents: 70_000 });
  return { from, other, payout };
}

test.each<[string, Row, boolean]>([
  ['sent', {}, true],
  ['not sent yet', { sent: 'reserved' }, false],
  ['declined', { state: 'declined' }, false],
  ['asked for with another receipt', { receipt: 'UKL0000003' }, false],
  ['a refund', { kind: 'refund' }, false],
])('a reversal that was %s goes with its receipt, or stays', async (_, row, goes) => {
  const { from, other, payout } = await reversal(row);
  await asked('take_reversal_along_2($1, $2, now())', from, other);
  expect(await database.sql('select subject_id as subject from payouts where id = $1', [payout])).toEqual([
    { subject: goes ? other : from },
  ]);
});

test.each<[string, Row, boolean]>([
  ['that stands elsewhere', {}, true],
  ['that was taken back', { taken_back_at: NOON }, false],
  ['of another amount', { amount_cents: 70_001 }, false],
  ['that is a prompt’s', { attempt_id: '00000000-0000-7000-8000-000000000001' }, false],
])('a reversal that was paid takes money %s out of the books, or none', async (_, to, takes) => {
  const { other } = await reversal({ state: 'paid' }, to);
  const before = await moved();
  await asked("settle_moved_reversal_2($1, null, 70000, 'suspense', now())", other);
  expect((await moved()).slice(before.length)).toEqual(takes ? ['proved', 'suspense'] : []);
});
