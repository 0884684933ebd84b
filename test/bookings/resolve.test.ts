import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { openTasks, payBill, register } from '../paybill/paybill.ts';
import { newPhone, statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { expectBooksToBalance, type Marketplace, movedBy, openMarketplace } from './marketplace.ts';

let world: World;
let place: Marketplace;

beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
  await place.held(); // so that the float can carry a payout while another one is on its way
});
afterAll(() => world.stop());

/** What the phone that a payout went to was sent, in cents. */
async function paidTo(bookingId: string): Promise<bigint> {
  const before = place.sentCents();
  expect((await place.decidePayout((await place.payoutOf(bookingId)).payoutId)).status).toBe(200);
  await world.pass(3);
  return place.sentCents() - before;
}

describe('a fee that is held is released', () => {
  test('to income: fees, VAT and rounding, with an invoice by e-mail', async () => {
    const bookingId = await place.held({ sku: 'odd', email: 'achieng@example.com' });
    await world.inbox.clear();
    const changes = await movedBy(world, () => place.resolve(bookingId, { action: 'release', to: 'income' }));
    expect(changes).toEqual({ booking_escrow: -90_100n, booking_fees: 77_629n, vat_payable: 12_421n, rounding: 50n });
    await world.pass(1);
    const subjects = world.inbox.messages().map(({ subject }) => subject);
    expect(subjects.sort()).toEqual([expect.stringContaining('BK-'), expect.stringContaining('INV-2026-')].sort());
    const shown = await place.show(bookingId, place.server);
    expect(shown).toMatchObject({ state: 'released', income: 901, payout: null, refund: null });
    expect((await world.send('GET', String(shown.invoiceUrl))).status).toBe(200);
    await expectBooksToBalance(world);
  });

  test('to the provider by B2C, once a second person approves; what is kept is income', async () => {
    const bookingId = await place.held({ providerPhoneNumber: newPhone() });
    const resolved = await place.resolve(bookingId, { action: 'release', to: 'provider', keep: 116 });
    expect(resolved.body).toMatchObject({ state: 'released', income: 116, payout: { to: 'provider', amount: 1044, state: 'requested' } });
    expect(await paidTo(bookingId)).toBe(104_400n);
    expect(await place.payoutOf(bookingId)).toMatchObject({ state: 'paid' });
    expect(await statusOf(world, bookingId)).toMatchObject({ status: 'paid' });
    await expectBooksToBalance(world);
  });

  test('in full to a provider: no income, no invoice', async () => {
    const bookingId = await place.held({ sku: 'odd', email: 'achieng@example.com' });
    expect(await place.resolve(bookingId, { action: 'release', to: 'provider' })).toMatchObject({
      status: 422,
      body: { code: 'provider_unknown' },
    });
    await place.resolve(bookingId, { action: 'release', to: 'provider', phoneNumber: newPhone() });
    expect(await paidTo(bookingId)).toBe(90_100n);
    expect(await place.show(bookingId)).toMatchObject({ invoiceUrl: null });
    await expectBooksToBalance(world);
  });
});

describe('a fee that is held is refunded', () => {
  test('in full, to the phone that paid, and the payment is refunded when it has got there', async () => {
    const bookingId = await place.held();
    const resolved = await place.resolve(bookingId, { action: 'refund' });
    expect(resolved.body).toMatchObject({ state: 'refunded', income: 0, refund: { amount: 1160, state: 'requested' } });
    expect(await statusOf(world, bookingId)).toMatchObject({ status: 'paid' });
    expect(await paidTo(bookingId)).toBe(116_000n);
    expect(await statusOf(world, bookingId)).toMatchObject({ status: 'refunded' });
    expect(await place.show(bookingId)).toMatchObject({ refund: { amount: 1160, state: 'paid' } });
    await expectBooksToBalance(world);
  });

  test('in part: the rest is income with VAT', async () => {
    const bookingId = await place.held();
    const changes = await movedBy(world, () => place.resolve(bookingId, { action: 'refund', amount: 928 }));
    expect(changes).toEqual({ booking_escrow: -116_000n, booking_payable: 92_800n, booking_fees: 20_000n, vat_payable: 3_200n });
    expect(await paidTo(bookingId)).toBe(92_800n);
    await expectBooksToBalance(world);
  });

  test('to no other phone than the one that paid', async () => {
    const [booker, payer] = [newPhone(), newPhone()];
    const { body } = await place.book({ phoneNumber: booker });
    await place.payByPrompt(body.bookingId, payer);
    for (const phoneNumber of [undefined, booker, newPhone()])
      expect((await place.resolve(body.bookingId, { action: 'refund', phoneNumber })).body.code).toBe('payer_unknown');
    expect((await place.resolve(body.bookingId, { action: 'refund', phoneNumber: payer })).status).toBe(200);
  });

  test('to whom a person has identified, where only the time says whose the fee is', async () => {
    const bookingId = await place.held();
    await world.database.sql("update deposits set tied_by = 'time' where id = (select counted_deposit_id from payments where id = $1)", [
      bookingId,
    ]);
    const phoneNumber = newPhone();
    expect((await place.resolve(bookingId, { action: 'refund', phoneNumber })).body.code).toBe('payer_unknown');
    const identified = { action: 'refund', phoneNumber, identifiedBy: "showed M-PESA's SMS" };
    const administrator = await signedIn(world, 'admin');
    expect((await place.resolve(bookingId, { ...identified, phoneNumber: undefined }, administrator)).status).toBe(400);
    expect(await place.resolve(bookingId, identified, place.server)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await place.resolve(bookingId, identified, administrator)).status).toBe(200);
    const { payoutId } = await place.payoutOf(bookingId);
    const [payout] = await world.database.sql('select second_person, phone_hash from payouts where id = $1', [payoutId]);
    expect(payout).toEqual({ second_person: true, phone_hash: lookupHash(phoneNumber) });
  });

  test('never with more than is held, nor with less than M-PESA sends', async () => {
    const bookingId = await place.held();
    const tiny = await place.held({ sku: 'tiny' });
    expect((await place.resolve(bookingId, { action: 'refund', amount: 1161 })).body.code).toBe('refund_too_large');
    expect((await place.resolve(bookingId, { action: 'refund', amount: 9 })).body.code).toBe('refund_impossible');
    expect((await place.resolve(tiny, { action: 'refund' })).body.code).toBe('refund_impossible');
    const provider = { action: 'release', to: 'provider', phoneNumber: newPhone() };
    expect((await place.resolve(bookingId, { ...provider, keep: 1155 })).body.code).toBe('amount_out_of_range');
    expect((await place.resolve(bookingId, { ...provider, keep: 2000 })).body.code).toBe('amount_out_of_range');
    expect(await place.show(bookingId)).toMatchObject({ state: 'matching' });
    await expectBooksToBalance(world);
  });

  test('at the paybill only when the receipt is confirmed, while income does not wait', async () => {
    await register(world);
    const phone = newPhone();
    const paid = [await place.book({ phoneNumber: phone }), await place.book()];
    for (const { body } of paid) await payBill(world, { account: String(body.reference), amountShillings: 1160, phone });
    const [refunded, released] = paid.map(({ body }) => body.bookingId);
    expect((await place.resolve(refunded, { action: 'refund', phoneNumber: phone })).body.code).toBe('receipt_unconfirmed');
    expect((await place.resolve(released, { action: 'release', to: 'income' })).status).toBe(200);
    await world.pass(5);
    expect((await place.resolve(refunded, { action: 'refund', phoneNumber: newPhone() })).body.code).toBe('payer_unknown');
    expect((await place.resolve(refunded, { action: 'refund' })).status).toBe(200); // Safaricom's answer named the payer in full
    await expectBooksToBalance(world);
  });
});

describe('a fee is decided about once', () => {
  test('by twenty who ask at once', async () => {
    const bookingId = await place.held();
    const wishes = [
      { action: 'release', to: 'income' },
      { action: 'refund' },
      { action: 'refund', amount: 500 },
      { action: 'release', to: 'provider', phoneNumber: newPhone() },
    ];
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => place.resolve(bookingId, wishes[n % 4] ?? {})));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'booking_decided')).toHaveLength(19);
    expect(
      await world.database.sql('select sum(amount_cents)::int as cents from transfers where kind = $1 and source_id = $2', [
        'hold_resolved',
        bookingId,
      ]),
    ).toEqual([{ cents: 116_000 }]);
    const payouts = await world.database.sql('select id from payouts where subject_id = $1', [bookingId]);
    expect(payouts.length).toBe((await place.payoutOf(bookingId)) === null ? 0 : 1);
    await expectBooksToBalance(world);
  });

  test('a payout that was rejected or declined is asked for again, without a second decision', async () => {
    const phoneNumber = newPhone();
    const bookingId = await place.held({ providerPhoneNumber: newPhone() });
    await place.resolve(bookingId, { action: 'release', to: 'provider' });
    expect((await place.resolve(bookingId, { action: 'retry-payout' })).body.code).toBe('payout_under_way');
    world.simulator.control.plan({ api: 'b2c', next: 1, outcome: 'not-registered' });
    expect(await paidTo(bookingId)).toBe(0n);
    expect(await place.payoutOf(bookingId)).toMatchObject({ state: 'rejected' });
    const again = await Promise.all([1, 2, 3].map(() => place.resolve(bookingId, { action: 'retry-payout' })));
    expect(again.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    await place.decidePayout((await place.payoutOf(bookingId)).payoutId, 'decline');
    expect((await place.resolve(bookingId, { action: 'retry-payout', phoneNumber })).status).toBe(200);
    expect(await paidTo(bookingId)).toBe(116_000n);
    expect((await place.resolve(bookingId, { action: 'retry-payout' })).body.code).toBe('payout_under_way');
    await expectBooksToBalance(world);
  });

  test('and not before it is held', async () => {
    const { body } = await place.book();
    for (const action of [{ action: 'refund' }, { action: 'release', to: 'income' }, { action: 'dispute' }])
      expect((await place.resolve(body.bookingId, action)).body.code).toBe('booking_not_held');
  });

  test('nor while it is disputed: reopened, it waits for a person', async () => {
    const bookingId = await place.held({ autoResolve: { action: 'release', to: 'income', afterHours: 1 } });
    expect((await place.resolve(bookingId, { action: 'reopen' })).status).toBe(409);
    expect((await place.resolve(bookingId, { action: 'dispute' })).body).toMatchObject({ state: 'disputed', autoResolve: null });
    expect((await place.resolve(bookingId, { action: 'release', to: 'income' })).body.code).toBe('booking_disputed');
    await world.clock.advance(3_600_000);
    await world.pass(1);
    expect((await place.resolve(bookingId, { action: 'reopen' })).body).toMatchObject({ state: 'matching' });
    await world.pass(1);
    expect((await place.resolve(bookingId, { action: 'refund' })).body).toMatchObject({ state: 'refunded' });
  });
});

test("another key's booking is not found; a visitor's and an administrator's wish is heard", async () => {
  const bookingId = await place.held();
  const other = await operator(world, 'bookings:write');
  expect(await place.resolve(bookingId, { action: 'refund' }, other)).toMatchObject({ status: 404, body: { code: 'booking_not_found' } });
  expect((await place.resolve(crypto.randomUUID(), { action: 'refund' })).status).toBe(404);
  expect((await place.resolve(bookingId, { action: 'refund' }, await signedIn(world, 'treasurer'))).status).toBe(403);
  expect((await place.resolve(bookingId, { action: 'refund' }, await signedIn(world, 'admin'))).status).toBe(200);
  const phoneNumber = newPhone();
  const { body } = await place.book({ phoneNumber }, {});
  await place.payByPrompt(body.bookingId, phoneNumber);
  expect((await place.resolve(body.bookingId, { action: 'release', to: 'income' }, other)).status).toBe(200);
});

test('how a fee was shared out is for the organisation, not for whoever holds the id', async () => {
  const bookingId = await place.held({ providerPhoneNumber: newPhone() });
  await place.resolve(bookingId, { action: 'release', to: 'provider', keep: 160 });
  const shown = await place.show(bookingId);
  expect(shown).toMatchObject({ state: 'released', refund: null });
  for (const field of ['income', 'payout', 'autoResolve']) expect(shown).not.toHaveProperty(field);
  expect(await openTasks(world)).toEqual({});
});
