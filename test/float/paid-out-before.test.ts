import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { hourly } from './watching.ts';

// A payout left before the first balance, and was taken for rejected then; its own result says so after it.

let world: World;
beforeEach(async () => {
  world = await startWorld();
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 5_000 });
  await world.pass(6);
});
afterEach(() => world.stop());

const before = async () => {
  const response = await world.send('GET', '/api/float-entries', { headers: await signedIn(world, 'treasurer') });
  return ((await response.json()) as { beforeTheFirstBalance: { amount: number }[] }).beforeTheFirstBalance.map(({ amount }) => amount);
};
const send = async (path: string, body: unknown) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test('it is no difference of that time any more', async () => {
  const asked = await send('/api/payouts', { phoneNumber: newPhone(), amount: 1_000, reason: 'Supplier' });
  world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
  expect((await send(`/api/payouts/${asked.body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(1);
  await world.clock.advance(10_000);
  const [row] = await world.database.sql<{ id: string; conversation_id: string }>(
    'select id, conversation_id from withdrawals where payout_id = $1',
    [asked.body.payoutId],
  );
  const says = {
    ResultType: 0,
    ResultCode: 2040,
    ResultDesc: 'x',
    OriginatorConversationID: row?.id,
    ConversationID: row?.conversation_id,
    TransactionID: 'SG20000000',
  };
  const path = `/api/callbacks/b2c/${makeCallbackToken(world.app.config.callback.tokenKeys, 'b2c', row?.id ?? '')}/result`;
  expect((await world.send('POST', path, { body: { Result: says } })).status).toBe(200);
  await world.clock.advance(3_600_000);
  // as where the initiator is allowed to ask for balances from now on
  for (const table of ['float_differences', 'float_watches', 'float_balances']) await world.database.sql(`delete from ${table}`);
  await hourly(world, 3);
  const opened = await before();
  await world.simulator.control.redeliverResult(row?.conversation_id ?? '');
  await world.settled();
  await hourly(world, 3);
  const float = Number((await balances(world.app.db)).paybill_float ?? 0n) / 100;
  expect(float).toBe(4_000);
  expect([opened, await before()]).toEqual([[-1_000], []]);
});
