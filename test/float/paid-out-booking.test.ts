import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Marketplace, movedBy, openMarketplace } from '../bookings/marketplace.ts';
import { newReceipt } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';

// Somebody paid a booking's decided fee by hand in the portal, to its provider or back to its payer.

let world: World;
let place: Marketplace;
beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
  await place.held();
  await place.held();
});
afterAll(() => world.stop());

const treasurer = () => signedIn(world, 'treasurer');
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
const ask = async (receipt: string, amount: number, bookingId: string) =>
  place.send('/api/float-entries', { kind: 'paid_out', receipt, amount, on: today(), note: 'Sent by hand', bookingId }, await treasurer());
const approve = async (entryId: unknown) => place.send(`/api/float-entries/${entryId}/approve`, {}, await treasurer());
const reject = async (entryId: unknown) => place.send(`/api/float-entries/${entryId}/reject`, {}, await treasurer());
/** The receipt of what was paid by hand, on a signed statement. */
async function byHand(amountShillings = 1_160): Promise<string> {
  const { receipt } = world.simulator.control.payByHand({ phone: newPhone(), amountShillings });
  await importedAndSigned(world, (await exported(world)).bytes);
  return receipt;
}
/** A booking that is decided, with its payout declined. */
async function decided(decision: Record<string, unknown> = { action: 'release', to: 'provider' }): Promise<string> {
  const bookingId = await place.held({ providerPhoneNumber: newPhone() });
  expect((await place.resolve(bookingId, decision)).status).toBe(200);
  expect((await place.decidePayout((await place.payoutOf(bookingId)).payoutId, 'decline')).status).toBe(200);
  return bookingId;
}
const entered = async (receipt: string, amount: number, bookingId: string) => approve((await ask(receipt, amount, bookingId)).body.entryId);

test('to the provider: a paid payout out of what was decided, by a second person and once; it is not paid a second time', async () => {
  const bookingId = await decided();
  const receipt = await byHand();
  const changes = await movedBy(world, async () => {
    const entry = await ask(receipt, 1_160, bookingId);
    const answers = await Promise.all([1, 2, 3].map(() => approve(entry.body.entryId)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    await world.pass(2);
  });
  expect(changes).toEqual({ booking_payable: -116_000n, paybill_float: -116_000n });
  expect(await place.payoutOf(bookingId)).toMatchObject({ to: 'provider', state: 'paid', amount: 1_160 });
  expect(await place.show(bookingId)).toMatchObject({ state: 'released', paymentStatus: 'paid' });
  expect(await place.resolve(bookingId, { action: 'retry-payout' })).toMatchObject({ status: 409, body: { code: 'payout_under_way' } });
  const again = await byHand(200);
  expect(await entered(again, 200, bookingId)).toMatchObject({
    status: 409,
    body: {
      code: 'payout_under_way',
      detail: expect.stringContaining('is paid. If the money has left by hand all the same, reject this entry'),
    },
  });
});

test('back to the payer: the payment is refunded, as by any payout of it', async () => {
  const bookingId = await decided({ action: 'refund' });
  const receipt = await byHand();
  expect((await entered(receipt, 1_160, bookingId)).status).toBe(200);
  await world.pass(2);
  expect(await place.show(bookingId)).toMatchObject({
    state: 'refunded',
    paymentStatus: 'refunded',
    refund: { amount: 1_160, state: 'paid' },
  });
});

test('after M-PESA rejected the payout: its task closes', async () => {
  const bookingId = await place.held({ providerPhoneNumber: newPhone() });
  await place.resolve(bookingId, { action: 'release', to: 'provider' });
  world.simulator.control.plan({ api: 'b2c', next: 1, outcome: 'not-registered' });
  const { payoutId } = await place.payoutOf(bookingId);
  await place.decidePayout(payoutId);
  await world.pass(3);
  const open = () =>
    world.database.sql("select 1 from reviews where kind = 'payout_rejected' and subject = $1 and closed_at is null", [payoutId]);
  expect(await open()).toHaveLength(1);
  expect((await entered(await byHand(), 1_160, bookingId)).status).toBe(200);
  expect(await open()).toEqual([]);
});

test('of a part the rest is requested again, where M-PESA sends so little', async () => {
  const [bookingId, other] = [await decided(), await decided()];
  const changes = await movedBy(world, async () => {
    expect((await entered(await byHand(1_000), 1_000, bookingId)).status).toBe(200);
    expect((await place.resolve(bookingId, { action: 'retry-payout' })).status).toBe(200);
    const { payoutId, amount } = await place.payoutOf(bookingId);
    expect(amount).toBe(160);
    expect((await place.decidePayout(payoutId)).status).toBe(200);
    await world.pass(3);
  });
  expect(changes.booking_payable).toBe(-116_000n);
  expect(changes.receivables ?? 0n).toBe(0n);
  expect((await entered(await byHand(1_155), 1_155, other)).status).toBe(200);
  expect(await place.resolve(other, { action: 'retry-payout' })).toMatchObject({ status: 422, body: { code: 'amount_out_of_range' } });
});

test('two entries of one booking at once: no more is booked than is owed', async () => {
  const bookingId = await decided();
  const [one, two] = [await ask(await byHand(700), 700, bookingId), await ask(await byHand(600), 600, bookingId)];
  const answers = await Promise.all([approve(one.body.entryId), approve(two.body.entryId)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 422]);
  expect(answers.find(({ status }) => status === 422)?.body).toMatchObject({ code: 'amount_mismatch' });
});

describe('is refused', () => {
  test('while the fee is held, disputed, or its payout waits; once that is declined, the same entry is booked', async () => {
    const bookingId = await place.held({ providerPhoneNumber: newPhone() });
    const entry = await ask(await byHand(), 1_160, bookingId);
    const held = { status: 409, body: { code: 'booking_not_decided', detail: expect.stringContaining('decline its payout') } };
    expect(await approve(entry.body.entryId)).toMatchObject(held);
    await place.resolve(bookingId, { action: 'dispute' });
    expect(await approve(entry.body.entryId)).toMatchObject(held);
    await place.resolve(bookingId, { action: 'reopen' });
    await place.resolve(bookingId, { action: 'release', to: 'provider' });
    expect(await approve(entry.body.entryId)).toMatchObject({
      status: 409,
      body: { code: 'payout_under_way', detail: expect.stringContaining('then approve this entry again') },
    });
    await place.decidePayout((await place.payoutOf(bookingId)).payoutId, 'decline');
    expect((await approve(entry.body.entryId)).status).toBe(200);
  });

  test('of what became income, was never paid, is more than is owed, and of no booking; what was rejected may be asked again', async () => {
    const income = await place.held();
    await place.resolve(income, { action: 'release', to: 'income' });
    const created = String((await place.book()).body.bookingId);
    const owed = await decided({ action: 'release', to: 'provider', keep: 160 });
    const receipt = await byHand(1_100);
    for (const [bookingId, status, code] of [
      [income, 409, 'booking_decided'],
      [created, 409, 'booking_not_held'],
      [owed, 422, 'amount_mismatch'],
      ['019a9f6e-0000-7000-8000-000000000000', 404, 'booking_not_found'],
    ] as const) {
      const entry = await ask(receipt, 1_100, bookingId);
      expect(await approve(entry.body.entryId)).toMatchObject({ status, body: { code } });
      expect((await reject(entry.body.entryId)).status).toBe(200);
    }
    expect((await place.payoutOf(owed)).state).toBe('declined');
  });

  test('where the fee was reversed in the portal, is not proved, or was refuted: and it is said what to enter instead', async () => {
    const [reversed, told, refuted] = [await decided(), await decided(), await decided()] as [string, string, string];
    const [one, two, three] = [await byHand(), await byHand(), await byHand()] as [string, string, string];
    const { sql } = world.database;
    const counted = 'id = (select counted_deposit_id from payments where id = $1)';
    await sql(
      `update deposits set reversed_elsewhere_at = now(), reversal_receipt = $2, reversed_elsewhere_cents = amount_cents where ${counted}`,
      [reversed, newReceipt()],
    );
    await sql(`update deposits set confirmed_at = null where ${counted}`, [told]);
    await sql(`update deposits set confirmed_at = null, refuted_at = now() where ${counted}`, [refuted]);
    for (const [bookingId, receipt, code] of [
      [reversed, one, 'reversed_elsewhere'],
      [told, two, 'receipt_unconfirmed'],
      [refuted, three, 'deposit_refuted'],
    ] as const)
      expect(await entered(receipt, 1_160, bookingId)).toMatchObject({
        status: 409,
        body: { code, detail: expect.stringContaining('reject this entry, enter it again without bookingId') },
      });
  });
});
