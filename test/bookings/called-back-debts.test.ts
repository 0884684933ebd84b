import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { post } from '../payouts/bulk.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { type Marketplace, openMarketplace } from './marketplace.ts';

// A fee's money is taken back while its payout may still leave: so long nobody knows what is owed.

let world: World;
let place: Marketplace;
let treasurer: { authorization: string };
beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
  await register(world);
  treasurer = await signedIn(world, 'treasurer');
});
afterAll(() => world.stop());

const countedOf = async (paymentId: string) =>
  (await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]))[0]?.id ?? '';
const owed = async () => (await balances(world.app.db)).receivables ?? 0n;

test('what may not be owed after all is matched to nothing: a payout that does not leave is credited once', async () => {
  const other = await countedOf(await place.held());
  const paid = await payBill(world, { account: 'NIMEREJESHA', amountShillings: 1160 });
  await world.pass(5);
  const [back] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
    'receipt' in paid ? paid.receipt : '',
  ]);
  const before = await owed();
  const bookingId = await place.held({ providerPhoneNumber: newPhone() });
  const depositId = await countedOf(bookingId);
  await place.resolve(bookingId, { action: 'release', to: 'provider' });
  const payoutId = String((await place.payoutOf(bookingId)).payoutId);
  await world.database.sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())");
  expect((await place.decidePayout(payoutId)).status).toBe(200);
  await world.database.sql('select merge_deposit_2($1, $2, $3)', [depositId, other, world.clock.now()]);
  expect((await owed()) - before).toBe(116_000n);
  const match = () => post(world, `/api/deposits/${back?.id}/match`, { receivable: depositId }, treasurer);
  expect(await match()).toMatchObject({ status: 409, body: { code: 'payout_under_way' } });
  await world.database.sql("delete from stops where name = 'payouts'");
  await world.pass(7);
  expect(await world.database.sql('select state from payouts where id = $1', [payoutId])).toEqual([{ state: 'rejected' }]);
  expect(await owed()).toBe(before);
  expect(await match()).toMatchObject({ status: 422, body: { code: 'unknown_reference' } });
});
