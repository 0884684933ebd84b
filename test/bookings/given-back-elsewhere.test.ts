import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { allocate } from '#mpesa/payments/allocate.ts';
import { payerOf } from '#mpesa/payments/payer.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { newReceipt } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { type Marketplace, movedBy, openMarketplace } from './marketplace.ts';

// A booking's fee that somebody gives back in Safaricom's portal, before, while or after it is paid on.

let world: World;
let place: Marketplace;
beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
  await place.held();
  await place.held();
});
afterAll(() => world.stop());

const now = () => world.clock.now().toISOString();
const countedOf = async (paymentId: string) =>
  (await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]))[0]?.id ?? '';

/** What a signed line does that shows the money as given back whole, where its file has not its payment. */
async function giveBackInPortal(paymentId: string, reversal: string): Promise<string> {
  const depositId = await countedOf(paymentId);
  const { sql } = world.database;
  await sql(
    'update deposits set reversed_elsewhere_at = $2, reversal_receipt = $3, reversed_elsewhere_cents = amount_cents where id = $1',
    [depositId, now(), reversal],
  );
  await sql('select book_reversed_2($1, $2)', [depositId, now()]);
  return depositId;
}
async function takeBack(depositId: string) {
  const headers = await signedIn(world, 'treasurer');
  const response = await world.send('POST', `/api/deposits/${depositId}/take-back`, { body: { reason: 'Portal' }, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const shortTasks = (subject: string) =>
  world.database.sql("select from reviews where kind = 'taken_back_short' and subject = $1 and closed_at is null", [subject]);

test.each([
  ['to the provider', { action: 'release', to: 'provider' }, 116_000n],
  ['back to the payer', { action: 'refund' }, 116_000n],
  ['to the provider, less what is kept', { action: 'release', to: 'provider', keep: 160 }, 100_000n],
])(
  'a fee that was paid on (%s) and is given back in the portal: what has left twice is owed to us, with a task, and nothing is below zero',
  async (_, decided, owed) => {
    const bookingId = await place.held({ providerPhoneNumber: newPhone() });
    let depositId = '';
    const changes = await movedBy(world, async () => {
      await place.resolve(bookingId, decided);
      expect((await place.decidePayout((await place.payoutOf(bookingId)).payoutId)).status).toBe(200);
      await world.pass(3);
      depositId = await giveBackInPortal(bookingId, newReceipt());
      expect((await takeBack(depositId)).status).toBe(200);
      await world.pass(1);
    });
    expect(changes.booking_payable ?? 0n).toBe(0n);
    expect(changes.receivables).toBe(owed);
    expect(await shortTasks(depositId)).toHaveLength(1);
  },
);

test('a fee that was refunded is taken back once its payout is declined, and is paid to nobody', async () => {
  const bookingId = await place.held({ providerPhoneNumber: newPhone() });
  const changes = await movedBy(world, async () => {
    await place.resolve(bookingId, { action: 'release', to: 'provider' });
    const { payoutId } = await place.payoutOf(bookingId);
    const depositId = await giveBackInPortal(bookingId, newReceipt());
    expect(await place.decidePayout(payoutId)).toMatchObject({ status: 409, body: { code: 'reversed_elsewhere' } });
    expect(await takeBack(depositId)).toMatchObject({
      status: 409,
      body: { code: 'payout_under_way', detail: expect.stringContaining('decline') },
    });
    expect((await place.decidePayout(payoutId, 'decline')).status).toBe(200);
    expect((await takeBack(depositId)).status).toBe(200);
    expect((await place.resolve(bookingId, { action: 'retry-payout', phoneNumber: newPhone() })).status).toBe(409);
    await world.pass(3);
    expect(await shortTasks(depositId)).toEqual([]);
  });
  expect(changes).toEqual({ paybill_float: -116_000n, booking_escrow: -116_000n });
});

test.each(['requested', 'approved'] as const)(
  'a fee that two have paid: while its refund to the first is %s the portal gives theirs back: they get nothing more, and the second get theirs',
  async (when) => {
    const [first, second] = [newPhone(), newPhone()];
    const bookingId = await place.held({}, first);
    const { reference } = (await place.show(bookingId, place.server)) as { reference: string };
    const settled = await settleReceipts({ db: world.app.db, now: world.clock.now() }, 'pull', [
      {
        ...{ receipt: newReceipt(world.clock.now()), amountCents: 116_000n, typedReference: reference, shortcode: '174379', prompts: true },
        ...{ times: [world.clock.now()], payer: payerOf({ tail: second.slice(-3) }, undefined) },
      },
    ]);
    for (const { depositId } of settled) if (depositId) await allocate(world.app, depositId);
    await place.resolve(bookingId, { action: 'refund' });
    const [row] = await world.database.sql<{ payout_id: string }>('select payout_id from bookings where id = $1', [bookingId]);
    if (when === 'approved') {
      await world.database.sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())");
      expect((await place.decidePayout(row?.payout_id)).status).toBe(200);
    }
    const depositId = await giveBackInPortal(bookingId, newReceipt());
    expect(await takeBack(depositId)).toMatchObject({ status: 409, body: { code: 'payout_under_way' } });

    const sentBefore = place.sentCents();
    await world.database.sql("delete from stops where name = 'payouts'");
    await world.pass(10); // an approved one is looked at before it is sent
    if (when === 'requested') expect((await place.decidePayout(row?.payout_id, 'decline')).status).toBe(200);
    expect((await takeBack(depositId)).status).toBe(200);
    await world.pass(2);
    expect(place.sentCents() - sentBefore).toBe(0n);
    expect(await countedOf(bookingId)).not.toBe(depositId);

    const again = await place.resolve(bookingId, { action: 'retry-payout', phoneNumber: second });
    expect(again.status).toBe(200);
    const { payoutId } = await place.payoutOf(bookingId);
    const [payout] = await world.database.sql('select phone_hash, second_person from payouts where id = $1', [payoutId]);
    expect(payout).toEqual({ phone_hash: lookupHash(second), second_person: true });
  },
  60_000,
);
