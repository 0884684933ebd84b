import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { owe, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// The signed statement comes while our reversal waits for its result, and "already reversed" after it.

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 5_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const float = async () => Number((await balances(world.app.db)).paybill_float ?? 0n) / 100;
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);

test.each([undefined, 200])('of which was given back by hand: %s', async (part) => {
  const { paymentId, reference } = await owe(world);
  const amount = (await statusOf(world, paymentId)).amount as number;
  const paid = await payBill(world, { account: reference, amountShillings: amount });
  await world.pass(6);
  const [deposit] = await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]);
  const depositId = deposit?.id ?? '';
  world.simulator.control.reverseByHand({ receipt: 'receipt' in paid ? paid.receipt : '', ...(part && { amountShillings: part }) });
  const before = await float();
  world.simulator.control.plan({ api: 'reversal', next: 1, lost: true });
  const { body } = await post('/api/refunds', { paymentId, method: 'reversal', reason: 'Returned' });
  expect((await post(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(1);
  const day = today();
  await world.clock.advance(24 * 3_600_000);
  const { bytes, name } = await exported(world, { from: day, to: day });
  await importedAndSigned(world, bytes, name);
  await world.pass(2);
  await world.database.sql(
    `select settle_withdrawal_4(w.id, 'reversal', 'x' || w.id, 'x', 'paid', null, null, false, w.id::text, null, null, null, 'R000001', '174379', null, $2) from withdrawals w where w.payout_id = $1`,
    [body.payoutId, world.clock.now()],
  );
  await world.pass(10);
  const [state] = await world.database.sql<{ state: string }>('select state from payouts where id = $1', [body.payoutId]);
  const taken = await post(`/api/deposits/${depositId}/take-back`, { reason: 'Given back' });
  await world.pass(2);
  await post('/api/refunds', { depositId, method: 'b2c', reason: 'Again' });
  const lost = before - (await float());
  expect([state?.state, taken.status, lost]).toEqual(['rejected', 200, part ?? amount]);
});
