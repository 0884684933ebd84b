import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// A payout of ours whose result is lost, and one of the same amount that somebody made by hand a moment before it went through: two lines.

let world: World;
beforeAll(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
async function enter(receipt: string) {
  const entry = await send('/api/float-entries', { kind: 'paid_out', receipt, amount: 1_100, on: today(), note: 'By hand' });
  return send(`/api/float-entries/${entry.body.entryId}/approve`, {});
}

test('both are in the books in the end, whichever line is entered by hand', async () => {
  const { sql } = world.database;
  const payout = crypto.randomUUID();
  const at = world.clock.now();
  await sql(
    `insert into payouts (id, reference, kind, reason, source_account, amount_cents, parts_cents, state, caller, requested_by, requested_at, decided_by, decided_at)
     values ($1, 'PO-TEST', 'payment', '', 'expenses', 110000, array[110000]::bigint[], 'approved', 'x', 'x', $2, 'y', $2)`,
    [payout, at],
  );
  await sql("insert into withdrawals (id, payout_id, part, amount_cents, state, dispatched_at) values ($1, $1, 1, 110000, 'unknown', $2)", [
    payout,
    at,
  ]);
  await sql(
    "insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values (gen_random_uuid(), 'payout_reserve', $1::text, 1, 'expenses', 'payout_reserve', 110000, $2)",
    [payout, at],
  );
  await world.clock.advance(5_000);
  const byHand = world.simulator.control.payByHand({ phone: newPhone(), amountShillings: 1_100 }).receipt;
  await world.clock.advance(5_000);
  const ours = world.simulator.control.payByHand({ phone: newPhone(), amountShillings: 1_100 }).receipt;
  await importedAndSigned(world, (await exported(world)).bytes);
  const lines = await sql('select receipt, finding from statement_lines where receipt = any($1)', [[byHand, ours]]);
  expect(lines).toHaveLength(2);
  // the task names one of the two
  const [task] = await sql<{ subject: string }>("select subject from reviews where kind = 'statement_money_out' and closed_at is null");
  const first = await enter(task?.subject ?? '');
  const [settled] = await sql<{ verdict: string }>(
    "select * from settle_withdrawal_4($1::uuid, 'b2c', 'x', 'x', 'paid', 110000, $2, false, $1::text, null, null, null, '0', '174379', null, $3)",
    [payout, ours, world.clock.now()],
  );
  await world.pass(30);
  const second = first.status === 200 ? await enter(task?.subject === ours ? byHand : ours) : await enter(byHand);
  const truth = BigInt(Math.round((world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0) * 100));
  const float = (await balances(world.app.db)).paybill_float ?? 0n;
  const found = {
    task: task?.subject === ours ? 'ours' : 'by hand',
    first: first.status,
    settled: settled?.verdict,
    second: second.body.code,
  };
  expect([found, Number(float - truth) / 100]).toEqual([found, 0]);
});
