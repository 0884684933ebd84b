import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';

// Which money a reversal without a link may have given back (may_give_back_1): all but what it surely was not.

/** A reversal of KES 500 on 21 November at noon in Nairobi. */
const LINE = { amount_cents: 50_000, completed_at: '2026-11-21T09:00:00Z' };
const [BEFORE, AFTER] = ['2026-11-20T09:00:00Z', '2026-11-22T09:00:00Z'];

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await database.sql('alter table attempts disable trigger all'); // of no payment
  await database.sql(
    `insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live, live_until, created_at)
     select ('00000000-0000-7000-8000-00000000000' || n)::uuid, new_id_1(), '', '', 70000, 'paid', false, at, at from (values (1, $1::timestamptz), (2, $2::timestamptz)) t(n, at)`,
    [BEFORE, AFTER],
  );
});
afterAll(() => database.drop());

test.each([
  ['of which that much is left', { payer_tail: '126', moved_at: BEFORE, reversed_elsewhere_cents: 20_000 }, true],
  [
    'of which less is left, since a part of it was given back',
    { payer_tail: '126', moved_at: BEFORE, reversed_elsewhere_cents: 20_001 },
    false,
  ],
  ['that came later', { payer_tail: '126', moved_at: AFTER }, false],
  ['whose time nobody has proved, with a receipt of that day', { moved_at: AFTER, receipt: 'UKL0000001' }, true],
  ['whose time nobody has proved, with a receipt of a later day', { moved_at: BEFORE, receipt: 'UKM0000001' }, false],
  ['without a receipt, whose prompt was sent before', { moved_at: AFTER, attempt_id: '00000000-0000-7000-8000-000000000001' }, true],
  ['without a receipt, whose prompt was sent later', { moved_at: BEFORE, attempt_id: '00000000-0000-7000-8000-000000000002' }, false],
  ['that is the same as another one', { payer_tail: '126', moved_at: BEFORE, merged_into: '00000000-0000-7000-8000-000000000001' }, false],
])('money %s', async (_, deposit, may) => {
  const [row] = await database.sql(
    'select may_give_back_1(jsonb_populate_record(null::statement_lines, $1), jsonb_populate_record(null::deposits, $2)) as may',
    [JSON.stringify(LINE), JSON.stringify({ amount_cents: 70_000, ...deposit })],
  );
  expect(row).toEqual({ may });
});
