import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { putRow } from '../world/put-row.ts';

// What a second telling of a receipt says against the first, and what waits for proof, one clause of settle_c2b_3 at a time.

const OURS = '174379';
const NOON = '2026-11-21T09:00:00Z';
const R = 'UKL0000001';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  for (const typed of ['LN11111111', 'LN22222222']) await putRow(database, 'standing_references', { typed, kind: 'loan' });
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.sql('alter table evidence disable trigger evidence_is_not_emptied');
  await database.sql('truncate deposits, evidence, reviews, statements, statement_lines, float_entry_lines cascade');
});

type Told = Partial<Record<'receipt' | 'amount' | 'standing' | 'typed' | 'phone' | 'hash' | 'tail', string | number | null>> & {
  prompts?: boolean;
};
const MASKED = { phone: 'masked', hash: null, tail: '126' };
const WHOLE = { phone: 'whole', hash: 'h126', tail: '126' };
let told = 0;
async function tell({ receipt = R, amount = 70_000, standing = null, typed = null, prompts = true, ...payer }: Told = {}): Promise<string> {
  const { phone, hash, tail } = { ...WHOLE, ...payer };
  const [row] = await database.sql<{ verdict: string }>(
    'select verdict from settle_c2b_3($1, $1, $2, $3, null, $4, $5, null, $6, $7, $8, $9, $10, $11, false, null, now())',
    [`${++told}`, receipt, amount, standing, typed, phone, hash, tail, OURS, prompts, NOON],
  );
  return row?.verdict ?? '';
}
const tasks = async () => (await database.sql<{ kind: string }>('select kind from reviews')).map(({ kind }) => kind);

test.each<[string, Told, Told, string[]]>([
  ['the same', {}, {}, []],
  ['less of the payer than a mask showed', MASKED, { phone: null, hash: null, tail: null }, []],
  ['a number in full that ends as the mask', MASKED, WHOLE, []],
  ['another end of the number', MASKED, { ...MASKED, tail: '127' }, ['receipt_told_twice']],
  ['another number', {}, { ...WHOLE, hash: 'other' }, ['receipt_told_twice']],
  ['a number that is hidden now, where it was whole', {}, MASKED, ['receipt_told_twice']],
  [
    'another loan',
    { standing: 'LN11111111', typed: 'LN11111111' },
    { standing: 'LN22222222', typed: 'LN22222222' },
    ['receipt_told_twice'],
  ],
  ['a word, where there was none', {}, { typed: 'SHAMBA' }, ['receipt_told_twice']],
  ['another amount', {}, { amount: 70_001 }, ['evidence_amount_differs']],
])('a second notice of a receipt that says %s', async (_, first, second, kinds) => {
  expect(await tell(first)).toBe('arrives');
  expect(await tell(second)).toBe(second.amount ? 'amount_differs' : 'known');
  expect(await tasks()).toEqual(kinds);
});

test('a receipt that a signed statement knows as our own money is nobody’s payment', async () => {
  await putRow(database, 'float_entry_lines', { receipt: R, kind: 'top_up', shortcode: OURS });
  expect(await tell()).toBe('own_payout');
  expect(await tasks()).toEqual(['evidence_own_payout']);
});

test('what a signed statement shows as returned waits for proof', async () => {
  const statement = await putRow(database, 'statements', { shortcode: OURS, state: 'done' });
  await putRow(database, 'statement_lines', {
    ...{ statement_id: statement, receipt: 'UKL0000002', linked_receipt: R, direction: 'out', kind: 'reversal' },
    ...{ finding: 'reversed', verdict: 'unknown', completed_at: NOON, amount_cents: 30_000 },
  });
  expect(await tell()).toBe('arrives');
  const waits = await database.sql("select held_until = 'infinity' as held, allocation_due_at is null as waits from deposits");
  expect(waits).toEqual([{ held: true, waits: true }]);
});
