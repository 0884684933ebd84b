import { afterAll, beforeAll, expect, test } from 'vitest';
import { movedBy } from '../../bookings/marketplace.ts';
import { owe, payBill, register } from '../../paybill/paybill.ts';
import { statusOf } from '../../world/checkout.ts';
import { signedIn } from '../../world/person.ts';
import { startWorld, type World } from '../../world/world.ts';

// A sale whose money is another payment's is taken back by itself while a refund of it, or of a part of it, waits or is on its way.

let world: World;
let other = '';
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  for (let n = 0; n < 6; n++) await payBill(world, { account: 'SHAMBA', amountShillings: 5_000 });
  other = (await paidOrder()).depositId;
});
afterAll(() => world.stop());

const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
async function paidOrder(extra = 0) {
  const { paymentId, reference } = await owe(world);
  const amount = (await statusOf(world, paymentId)).amount as number;
  await payBill(world, { account: reference, amountShillings: amount + extra });
  await world.pass(6);
  const [deposit] = await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]);
  return { paymentId, amount, depositId: deposit?.id ?? '' };
}
const displace = (depositId: string) => world.database.sql('select merge_deposit_2($1, $2, $3)', [depositId, other, world.clock.now()]);
const stop = () => world.database.sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())");
const go = () => world.database.sql("delete from stops where name = 'payouts'");
const settle = (payoutId: unknown, says: 'paid' | 'failed') =>
  world.database.sql(
    `select settle_withdrawal_4(w.id, 'b2c', $3 || w.id, 'x', $3, case $3 when 'paid' then w.amount_cents end, case $3 when 'paid' then 'UKX' || substr(md5(w.id::text), 1, 7) end, false, w.id::text, null, null, null, case $3 when 'paid' then '0' else '2040' end, '174379', null, $2) from withdrawals w where w.payout_id = $1`,
    [payoutId, world.clock.now(), says],
  );

test.each([
  ['requested', undefined, 0],
  ['approved', undefined, 0],
  ['approved', 500, 0],
  ['requested', 500, 0],
  ['lost and rejected', 500, 0],
  ['lost and paid', 500, 0],
  ['lost, rejected, paid late', 500, 0],
  ['lost and paid', undefined, 0],
] as const)('%s, of %s, with %s too much', async (when, part, extra) => {
  let refundId: unknown;
  const changes = await movedBy(world, async () => {
    const { paymentId, depositId } = await paidOrder(extra);
    const asked = await post('/api/refunds', {
      ...(extra ? { depositId } : { paymentId }),
      method: 'b2c',
      reason: 'Test',
      ...(part && { amount: part }),
    });
    expect([asked.status, asked.body.code]).toEqual([201, undefined]);
    refundId = asked.body.payoutId;
    if (when === 'approved') await stop();
    if (when.startsWith('lost')) world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
    if (when !== 'requested') expect((await post(`/api/payouts/${refundId}/decision`, {})).status).toBe(200);
    if (when.startsWith('lost')) await world.pass(1);
    await displace(depositId);
    if (when === 'approved') await go();
    if (when === 'lost and rejected' || when === 'lost, rejected, paid late') await settle(refundId, 'failed');
    if (when === 'lost and paid') await settle(refundId, 'paid');
    if (when === 'lost, rejected, paid late') {
      await world.pass(2);
      await settle(refundId, 'paid');
    }
    await world.pass(8);
  });
  const left = when.endsWith('paid') || when.endsWith('late') ? BigInt(part ?? 1_250) * 100n : 0n;
  expect(changes).toEqual({ ...(left && { paybill_float: -left, receivables: left }) });
});

test('what was refunded out of suspense stays owed, though the refund of what it had bought, on its way too, does not leave', async () => {
  const changes = await movedBy(world, async () => {
    const { paymentId } = await owe(world);
    const amount = (await statusOf(world, paymentId)).amount as number;
    const paid = await payBill(world, { account: 'NDIZI', amountShillings: amount + 50 });
    await world.pass(6);
    const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
      'receipt' in paid ? paid.receipt : '',
    ]);
    const depositId = deposit?.id ?? '';
    expect((await post(`/api/deposits/${depositId}/match`, { paymentId, amount })).status).toBe(200);
    await world.pass(1);
    const sale = await post('/api/refunds', { paymentId, method: 'b2c', reason: 'Test', amount });
    const rest = await post('/api/refunds', { depositId, method: 'b2c', reason: 'Test', amount: 50 });
    expect([sale.body.code, rest.body.code]).toEqual([undefined, undefined]);
    world.simulator.control.plan({ api: 'b2c', next: 2, lost: true });
    for (const { body } of [sale, rest]) expect((await post(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
    await world.pass(1);
    await displace(depositId);
    await settle(rest.body.payoutId, 'paid');
    await settle(sale.body.payoutId, 'failed');
    await world.pass(3);
  });
  expect(changes).toEqual({ paybill_float: -5_000n, receivables: 5_000n });
});
