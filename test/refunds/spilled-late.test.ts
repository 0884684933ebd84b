import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { settleB2cResult } from '#mpesa/payouts/settle-b2c-result.ts';
import { newReceipt, payBill, register } from '../paybill/paybill.ts';
import { resultBody } from '../proof/bodies.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 90_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

const post = async (path: string, body: unknown) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test('a refund that arrived after all, of which a result tells that was kept while the database was away, is not sent a second time', async () => {
  const phone = newPhone();
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 700, phone });
  await world.pass(6);
  if (!('receipt' in paid)) throw new Error('It was not paid.');
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [paid.receipt]);
  const ask = async () =>
    (await post('/api/refunds', { depositId: deposit?.id, phoneNumber: phone, method: 'b2c', reason: 'Not ours' })).body.payoutId;
  const first = await ask();
  world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
  expect((await post(`/api/payouts/${first}/decision`, {})).status).toBe(200);
  await world.pass(1);
  const [row] = await world.database.sql<{ id: string; conversation_id: string }>(
    'select id, conversation_id from withdrawals where payout_id = $1',
    [first],
  );
  const ids = { originator: row?.id ?? '', conversation: row?.conversation_id ?? '' };
  const rejected = resultBody({ ids, code: 2040 as never, transactionId: 'UKL0000000' });
  await world.send('POST', `/api/callbacks/b2c/${makeCallbackToken(world.app.config.callback.tokenKeys, 'b2c', ids.originator)}/result`, {
    body: rejected,
  });
  expect(await world.database.sql('select state from withdrawals where payout_id = $1', [first])).toEqual([{ state: 'rejected' }]);
  await world.clock.advance(60_000);
  const arrivedAt = world.clock.now(); // the database is away, and the success is kept
  await world.clock.advance(60_000);
  const second = await ask(); // it is back, and somebody asks anew before the minute reads in what was kept
  const at = newReceipt(arrivedAt);
  const success = resultBody({
    ids,
    transactionId: at,
    parameters: { TransactionAmount: 700, TransactionReceipt: at, ReceiverPartyPublicName: `${phone} - JANE DOE` },
  });
  const settled = await settleB2cResult({ ...world.app, clock: { ...world.app.clock, now: () => arrivedAt } }, ids.originator, success);
  expect(settled.verdict).toBe('late');
  expect((await post(`/api/payouts/${second}/decision`, {})).body).toMatchObject({ code: 'payout_under_way' });
});
