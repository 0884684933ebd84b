import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { owe, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// A failure that was none of our reversal, the signed statement that shows the reversal, and its own result after that: it has left once.

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 5_000 });
});
afterAll(() => world.stop());

const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const really = () => world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0;
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);

test.each([false, true])('taken back before: %s', async (takenBack) => {
  const { paymentId, reference } = await owe(world);
  const amount = (await statusOf(world, paymentId)).amount as number;
  const paid = await payBill(world, { account: reference, amountShillings: amount });
  await world.pass(6);
  const receipt = 'receipt' in paid ? paid.receipt : '';
  const [deposit] = await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]);
  world.simulator.control.plan({ api: 'reversal', next: 1, lost: true });
  const { body } = await post('/api/refunds', { paymentId, method: 'reversal', reason: 'Returned' });
  await post(`/api/payouts/${body.payoutId}/decision`, {});
  await world.pass(1);
  const tell = (says: string, code: string, reversal: string | null) =>
    world.database.sql(
      `select settle_withdrawal_4(w.id, 'reversal', $5 || w.id, 'y', $5, case $5 when 'paid' then w.amount_cents end, $3, false, w.id::text, null, null, $4, $6, '174379', null, $2) as verdict from withdrawals w where w.payout_id = $1`,
      [body.payoutId, world.clock.now(), reversal, receipt, says, code],
    );
  expect(await tell('failed', 'R000002', null)).toEqual([{ verdict: 'rejects' }]);
  const day = today();
  await world.clock.advance(24 * 3_600_000);
  const { bytes, name } = await exported(world, { from: day, to: day });
  const shown = await importedAndSigned(world, bytes, name);
  await world.pass(3);
  if (takenBack) expect((await post(`/api/deposits/${deposit?.id}/take-back`, { reason: 'Given back' })).status).toBe(200);
  const line = shown.lines.filter(({ kind }) => kind === 'reversal').at(-1);
  await tell('paid', '0', line?.receipt ?? null);
  await world.pass(3);
  if (!takenBack) await post(`/api/deposits/${deposit?.id}/take-back`, { reason: 'Given back' });
  const { paybill_float: float = 0n, receivables = 0n } = await balances(world.app.db);
  expect([Number(float) / 100, receivables]).toEqual([really(), 0n]);
});
