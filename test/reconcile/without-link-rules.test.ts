import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { putRow } from '../world/put-row.ts';

// What the functions about money that was given back in the portal read of statements, one clause at a time; reversed-without-link.test.ts has the whole.

const [OURS, OTHER] = ['174379', '600111'];
const [BEFORE, NOON, AFTER] = ['2026-11-21T08:00:00Z', '2026-11-21T09:00:00Z', '2026-11-21T10:00:00Z'];

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.sql('truncate statement_lines, statements, withdrawals, payouts, deposits, attempts cascade'));

const put = (table: string, row: Record<string, unknown>) => putRow(database, table, row);
const record = (table: string, n: number) => `jsonb_populate_record(null::${table}, $${n})`;
async function asked(call: string, ...params: unknown[]): Promise<unknown> {
  const [row] = await database.sql(
    `select to_jsonb(x) as x from (select ${call} as x) t`,
    params.map((param) => (typeof param === 'object' ? JSON.stringify(param) : param)),
  );
  return row?.x;
}

/** A line of a signed statement by which KES 500 were given back at noon. */
async function givenBack({ shortcode = OURS, state = 'done', ...line }: Record<string, unknown> = {}): Promise<string> {
  const statement = await put('statements', { shortcode, state, file_hash: Math.random().toString() });
  const reversed = {
    direction: 'out',
    kind: 'reversal',
    finding: 'reversed',
    verdict: 'unlinked',
    receipt: 'UKL0000009',
    amount_cents: 50_000,
    completed_at: NOON,
  };
  await put('statement_lines', { statement_id: statement, n: 1, line_key: statement, ordinal: 1, ...reversed, ...line });
  return statement;
}

test.each([
  [OURS, 'c2b', 'UKL0000009'],
  [null, 'c2b', 'UKL0000009'],
  [OTHER, 'c2b', null],
  [OTHER, 'pull', 'UKL0000009'], // a list does not say where it came
])('a reversal without a link of one short code holds the money of %s by %s: %s', async (shortcode, source, receipt) => {
  await givenBack();
  const deposit = { amount_cents: 70_000, shortcode, source, payer_tail: '126', moved_at: BEFORE };
  expect(await asked(`unlinked_reversal_1(${record('deposits', 1)})`, deposit)).toBe(receipt);
});

test.each([
  ['of its short code, amount and time', {}, 'perhaps'],
  ['of another short code', { shortcode: OTHER }, null],
  ['of a larger amount', { amount_cents: 70_001 }, null],
  ['from before its prompt', { completed_at: '2026-11-21T07:00:00Z' }, null],
])('a payment that nobody has heard of and that was refunded, %s, holds a success without a proved receipt', async (_, line, how) => {
  const attempt = await put('attempts', { state: 'paid', amount_cents: 70_000, created_at: BEFORE, live: false });
  await givenBack({ verdict: 'unknown', linked_receipt: 'UKL0000001', ...line });
  const deposit = { id: attempt, attempt_id: attempt, amount_cents: 70_000, shortcode: OURS, moved_at: BEFORE, payer_tail: '126' };
  expect(await asked(`given_back_2(${record('deposits', 1)})`, deposit)).toBe(how);
});

test.each([
  ['of its amount and short code, sent before', {}, {}, true],
  ['of another amount', { amount_cents: 60_000 }, {}, false],
  ['of a payment to another short code', {}, { shortcode: OTHER }, false],
  ['that was sent later', { dispatched_at: AFTER }, {}, false],
  ['that has a receipt', { receipt: 'UKL0000008' }, {}, false],
  ['that was paid', { state: 'paid' }, {}, false],
])('a reversal of ours %s is what such a line may be, while no other line of the statement is it', async (_, withdrawal, deposit, may) => {
  const money = await put('deposits', { amount_cents: 50_000, shortcode: OURS, source: 'c2b', receipt: 'UKL0000001', ...deposit });
  const payout = await put('payouts', { kind: 'reversal', subject_id: money, state: 'approved', source_account: 'suspense' });
  const sent = await put('withdrawals', {
    payout_id: payout,
    part: 1,
    amount_cents: 50_000,
    state: 'unknown',
    dispatched_at: BEFORE,
    ...withdrawal,
  });
  const line = { amount_cents: 50_000, completed_at: NOON, statement_id: payout, n: 2 };
  const like = () => asked(`unended_like_2(${record('statement_lines', 1)}, '${OURS}')`, line);
  expect(await like()).toBe(may ? sent : null);
  await put('statement_lines', { statement_id: payout, n: 1, line_key: 'k', direction: 'out', finding: 'unresolved', movement_id: sent });
  expect(await like()).toBeNull(); // another line of the statement is that one
});

test.each([
  ['signed', 'UKL0000001'],
  ['done', 'UKL0000001'],
  ['matched', null],
  ['discarded', null],
])('which payment was refunded is known from a statement that is %s: %s', async (state, receipt) => {
  await givenBack({ state, linked_receipt: 'UKL0000001' });
  expect(await asked("known_link_2('UKL0000009')")).toBe(receipt);
});

test('what statements show as returned of a receipt is summed over its lines, once each, of its short code', async () => {
  const line = { verdict: 'locked', linked_receipt: 'UKL0000001' };
  await givenBack(line);
  await givenBack(line); // an overlapping statement
  await givenBack({ ...line, receipt: 'UKL0000008', amount_cents: 20_000 });
  await givenBack({ ...line, receipt: 'UKL0000007', shortcode: OTHER });
  await givenBack({ ...line, receipt: 'UKL0000006', verdict: null }); // not settled yet
  expect(await asked('shown_reversed_1($1, $2)', 'UKL0000001', OURS)).toMatchObject({ cents: 70_000 });
});
