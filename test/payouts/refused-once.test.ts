import { afterAll, beforeAll, expect, test } from 'vitest';
import { payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 90_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

const post = async (path: string, body: unknown) => world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });

test.each([
  ['surely refused', 'b2c', 'spike-arrest', 'reserved', 'rejected'],
  ['surely refused', 'reversal', 'spike-arrest', 'reserved', 'rejected'],
  ['left unanswered', 'b2c', 'drop-before', 'unknown', 'unknown'],
] as const)(
  'money back that Safaricom has %s once (%s), and that somebody gave back in the portal since, is not sent again',
  async (_, method, fault, earlier, end) => {
    const phone = newPhone();
    const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 700, phone });
    await world.pass(6);
    if (!('receipt' in paid)) throw new Error('It was not paid.');
    const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [paid.receipt]);
    const asked = await post('/api/refunds', { depositId: deposit?.id, phoneNumber: phone, method, reason: 'Not ours' });
    const { payoutId } = (await asked.json()) as { payoutId: string };
    world.simulator.control.fault({ api: method, fault, times: 1 });
    expect((await post(`/api/payouts/${payoutId}/decision`, {})).status).toBe(200);
    await world.pass(1);
    const states = () => world.database.sql('select state from withdrawals where payout_id = $1', [payoutId]);
    expect(await states()).toEqual([{ state: earlier }]);
    await world.database.sql("insert into stops (name, reason, stopped_at) values ('payouts', 'initiator_locked', now())");
    world.simulator.control.reverseByHand({ receipt: paid.receipt });
    const { bytes, name } = await exported(world);
    await importedAndSigned(world, bytes, name);
    const sent = world.simulator.control.truth().sentCents;
    await world.database.sql("delete from stops where name = 'payouts'");
    await world.pass(12);
    expect(world.simulator.control.truth().sentCents).toBe(sent);
    expect(await states()).toEqual([{ state: end }]);
    const { floatCents, truthCents } = await booksBalance(world);
    expect(floatCents).toBe(truthCents);
  },
);

test('a reversal that Safaricom has left unanswered is asked for again though its money is doubted since: so its end becomes known, and it gives back once', async () => {
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 710 });
  await world.pass(6);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
    'receipt' in paid && paid.receipt,
  ]);
  const asked = await post('/api/refunds', { depositId: deposit?.id, method: 'reversal', reason: 'Not ours' });
  const { payoutId } = (await asked.json()) as { payoutId: string };
  world.simulator.control.fault({ api: 'reversal', fault: 'drop-before', times: 1 });
  expect((await post(`/api/payouts/${payoutId}/decision`, {})).status).toBe(200);
  await world.pass(1);
  await world.database.sql('select disprove_money_2(d, now()) from deposits d where id = $1', [deposit?.id]);
  const sent = world.simulator.control.truth().sentCents;
  await world.pass(12);
  expect(await world.database.sql('select state from withdrawals where payout_id = $1', [payoutId])).toEqual([{ state: 'paid' }]);
  expect(Number(world.simulator.control.truth().sentCents) - Number(sent)).toBe(71_000);
});
