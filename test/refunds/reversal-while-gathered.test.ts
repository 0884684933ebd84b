import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { putRow } from '../world/put-row.ts';

// The result of our reversal comes while a statement moves its payment from the short code whose list had it to the one where it came.

const [HEAD, OUTLET] = ['174379', '600981'];
let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('what is reversed leaves the short code where the payment came', async () => {
  const { sql } = database;
  const at = new Date(Date.now() - 60_000);
  const money = { amount_cents: 70_000, receipt: 'UKL0000001', source: 'pull', shortcode: HEAD, shortcode_by_list: true };
  const subject = await putRow(database, 'deposits', { ...money, confirmed_at: at, allocated_at: at });
  const sent = { kind: 'reversal', subject, receipt: money.receipt, state: 'approved', source_account: 'suspense', amount_cents: 70_000 };
  const payout = await putRow(database, 'payouts', { ...sent, decided_at: at });
  const asked = { payout_id: payout, part: 1, state: 'dispatched', amount_cents: 70_000, dispatched_at: at };
  const withdrawal = await putRow(database, 'withdrawals', asked);
  const gathered = sql(
    `do $$ begin perform lock_receipt_1('${money.receipt}'); perform gather_2('${subject}', '${OUTLET}', now()); perform pg_sleep(2); end $$`,
  );
  await new Promise((done) => setTimeout(done, 500));
  const says = `settle_withdrawal_4($1::text::uuid, 'reversal', 'x', 'x', 'paid', 70000, 'UKL0000009', false, $1::text, null, null, $2, '0', '${HEAD}', null, now())`;
  expect(await sql(`select ${says} as verdict`, [withdrawal, money.receipt])).toEqual([{ verdict: 'pays' }]);
  await gathered;
  expect(await sql("select credit_account as left from transfers where kind = 'payout_paid'")).toEqual([
    { left: `paybill_float:${OUTLET}` },
  ]);
});
