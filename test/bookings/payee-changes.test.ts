import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { payerOf } from '#mpesa/payments/payer.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { newReceipt, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import type { World } from '../world/world.ts';
import { type Marketplace, openMarketplace } from './marketplace.ts';

let world: World;
let place: Marketplace;
beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
  await place.held();
});
afterAll(() => world.stop());

/** The same fee came from another phone by hand, and it is found out that this is what counts. */
async function countsAnother(bookingId: string) {
  const { sql } = world.database;
  const [{ reference } = { reference: '' }] = await sql<{ reference: string }>('select reference from payments where id = $1', [bookingId]);
  const now = world.clock.now();
  const receipt = newReceipt();
  const line = { receipt, amountCents: 116_000n, typedReference: reference, shortcode: world.app.config.mpesa.shortcode, prompts: false };
  await settleReceipts({ db: world.app.db, now }, 'pull', [{ ...line, times: [now], payer: payerOf({ full: newPhone() }, undefined) }]);
  const [{ id } = { id: '' }] = await sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  await allocate(world.app, id);
  await sql(
    'select swap_counted_1(p, c, d, $3) from payments p, deposits c, deposits d where p.id = $1 and c.id = p.counted_deposit_id and d.id = $2',
    [bookingId, id, now.toISOString()],
  );
}

test('a refund of a booking is not approved any more when its payment counts the money of another payer', async () => {
  const bookingId = await place.held();
  await place.resolve(bookingId, { action: 'refund' });
  const { payoutId } = await place.payoutOf(bookingId);
  await countsAnother(bookingId);
  expect(await place.decidePayout(payoutId)).toMatchObject({ status: 409, body: { code: 'payer_changed' } });
});

test('a refund of a booking that was approved is not sent any more when its payment counts the money of another payer', async () => {
  const bookingId = await place.held();
  await place.resolve(bookingId, { action: 'refund' });
  const { payoutId } = await place.payoutOf(bookingId);
  await world.database.sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())");
  expect((await place.decidePayout(payoutId)).status).toBe(200);
  await countsAnother(bookingId);
  await world.database.sql("delete from stops where name = 'payouts'");
  await world.pass(12);
  expect(await world.database.sql('select state from payouts where id = $1', [payoutId])).toEqual([{ state: 'rejected' }]);
});

test('a fee whose payer a notice has hashed and a proof masked goes back to the number that is both, and by two people', async () => {
  await register(world);
  world.simulator.control.switch({ c2bPhone: 'hashed', statusPhone: 'masked' });
  const phone = newPhone();
  const { body } = await place.book();
  const [{ reference } = { reference: '' }] = await world.database.sql<{ reference: string }>(
    'select reference from payments where id = $1',
    [body.bookingId],
  );
  await world.simulator.control.payBill({ phone, amountShillings: 1160, account: reference });
  await world.pass(6);
  const refund = (phoneNumber?: string) => place.resolve(body.bookingId, { action: 'refund', ...(phoneNumber && { phoneNumber }) });
  const twin = `2547${phone.slice(4, 8) === '9999' ? '8888' : '9999'}${phone.slice(8)}`;
  for (const other of [undefined, twin, newPhone()])
    expect(await refund(other)).toMatchObject({ status: 422, body: { code: 'payer_unknown' } });
  expect((await refund(phone)).status).toBe(200);
  const { payoutId } = await place.payoutOf(body.bookingId);
  expect(await world.database.sql('select second_person from payouts where id = $1', [payoutId])).toEqual([{ second_person: true }]);
});
