import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks, payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { counts, exported, imported, show, signOff } from './importing.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 90_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

const post = async (path: string, body: unknown, role: 'treasurer' | 'admin' = 'treasurer') =>
  world.send('POST', path, { body, headers: await signedIn(world, role) });
const withdrawals = (id: string) =>
  world.database.sql<{ state: string; receipt: string | null }>('select state, receipt from withdrawals where payout_id = $1', [id]);

/** A payout whose result is lost, and a signed statement that shows it. */
async function lostPayout(amount: number) {
  world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
  const { payoutId } = (await (await post('/api/payouts', { phoneNumber: newPhone(), amount, reason: 'Supplier' })).json()) as {
    payoutId: string;
  };
  expect((await post(`/api/payouts/${payoutId}/decision`, {}, 'admin')).status).toBe(200);
  await world.pass(2);
  expect(await withdrawals(payoutId)).toMatchObject([{ state: 'dispatched', receipt: null }]);
  const { bytes, name } = await exported(world);
  const { statementId } = await imported(world, bytes, name);
  expect((await signOff(world, statementId, await signedIn(world, 'treasurer'))).status).toBe(200);
  return { payoutId, statementId };
}

test('a payout whose result was lost and that a statement shows is no alarm: Safaricom is asked at once, and its receipt agrees', async () => {
  const { payoutId, statementId } = await lostPayout(900);
  expect(counts(await show(world, statementId))).toMatchObject({ 'unresolved out': 1 });
  expect(await world.database.sql('select query_due_at <= $1 as due from withdrawals', [world.clock.now()])).toEqual([{ due: true }]);
  await world.pass(2);
  const [{ state, receipt } = { state: '', receipt: null }] = await withdrawals(payoutId);
  expect(state).toBe('paid');
  expect((await show(world, statementId, '?finding=unresolved')).lines).toMatchObject([{ receipt, verdict: 'agrees' }]);
  const tasks = await openTasks(world);
  for (const kind of ['statement_money_out', 'payout_on_statement']) expect(tasks).not.toHaveProperty(kind);
});

test('while Safaricom does not say how it ended a task says that the statement shows such a line, and it closes by itself', async () => {
  world.simulator.control.fault({ api: 'transactionstatus', fault: 'server-error', times: 6 });
  const { payoutId } = await lostPayout(800);
  await world.pass(1);
  expect(await openTasks(world)).not.toHaveProperty('payout_on_statement'); // its answer may be on its way
  await world.database.sql("update statements set decided_at = decided_at - interval '20 minutes' where state = 'done'");
  await world.pass(1);
  expect(await openTasks(world)).toMatchObject({ payout_on_statement: 1 });
  expect(await openTasks(world)).not.toHaveProperty('statement_money_out');
  await world.database.sql("update reviews set closed_at = now(), closed_by = 'test' where kind = 'payout_on_statement'");
  await world.pass(1);
  expect(await openTasks(world)).not.toHaveProperty('payout_on_statement'); // a person has looked
  await world.database.sql("update reviews set closed_at = null, closed_by = null where kind = 'payout_on_statement'");
  for (let n = 0; n < 10 && (await withdrawals(payoutId))[0]?.state !== 'paid'; n++) {
    await world.database.sql("update withdrawals set query_due_at = $1 where state in ('dispatched', 'unknown')", [world.clock.now()]);
    await world.pass(1);
  }
  await world.pass(1);
  expect(await withdrawals(payoutId)).toMatchObject([{ state: 'paid' }]);
  expect(await openTasks(world)).not.toHaveProperty('payout_on_statement');
});

test('money that left beside a payout that turns out to be rejected is the alarm after all', async () => {
  const { payoutId, statementId } = await lostPayout(700);
  // as if its result came now and said that it was rejected: the line was somebody else's
  await world.database.sql("update withdrawals set state = 'rejected', query_due_at = null, settled_at = $2 where payout_id = $1", [
    payoutId,
    world.clock.now(),
  ]);
  await world.pass(1);
  const [line] = (await show(world, statementId, '?finding=unresolved')).lines.filter(({ verdict }) => verdict === 'money_out');
  expect(line).toBeDefined();
  expect(await world.database.sql("select subject from reviews where kind = 'statement_money_out' and closed_at is null")).toEqual([
    { subject: line?.receipt },
  ]);
});
