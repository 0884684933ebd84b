import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleC2b } from '#mpesa/payments/settle-c2b.ts';
import { expireBookings } from '#shop/bookings/expire-bookings.ts';
import { resolveDueBookings } from '#shop/bookings/resolve-due-bookings.ts';
import { newReceipt, openTasks, payBill, register } from '../paybill/paybill.ts';
import { newPhone, statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { expectBooksToBalance, type Marketplace, movedBy, openMarketplace } from './marketplace.ts';

const HOUR = 3_600_000;

let world: World;
let place: Marketplace;

beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
});
afterAll(() => world.stop());

const soon = () => new Date(world.clock.now().getTime() + 20_000);

async function later(hours: number): Promise<void> {
  await world.clock.advance(hours * HOUR);
  await world.pass(1);
}

test('a booking that is not paid in time expires, and cannot be prompted for any more', async () => {
  const [short, usual] = [await place.book({ expiresInHours: 2 }), await place.book()];
  await later(1);
  expect(await place.show(short.body.bookingId)).toMatchObject({ state: 'created' });
  await world.clock.advance(HOUR);
  for (const way of [{ bookingId: short.body.bookingId }, { paymentId: short.body.bookingId }])
    expect((await place.send('/api/payments/stk-push', { ...way, phoneNumber: newPhone() })).body.code).toBe('booking_expired');
  await world.pass(1);
  expect(await place.show(short.body.bookingId)).toMatchObject({ state: 'expired', paymentStatus: 'expired' });
  expect((await place.prompt(short.body.bookingId, newPhone())).body.code).toBe('booking_expired');
  expect(await place.show(usual.body.bookingId)).toMatchObject({ state: 'created' });
  await later(24);
  expect(await place.show(usual.body.bookingId)).toMatchObject({ state: 'expired' });
  expect(
    await world.database.sql("select count(*)::int as n from audit where action = 'booking_expired' and subject = $1", [
      short.body.bookingId,
    ]),
  ).toEqual([{ n: 1 }]);
});

test('a booking whose prompt is open does not expire under it', async () => {
  const phoneNumber = newPhone();
  const { body } = await place.book({ phoneNumber, expiresInHours: 1 });
  await world.clock.advance(HOUR - 30_000);
  await place.prompt(body.bookingId, phoneNumber);
  await world.clock.advance(31_000);
  expect(await expireBookings(world.app, soon())).toEqual({ expired: 0 });
  const [shown] = world.simulator.control.prompts();
  await world.simulator.control.answer(shown?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
  expect(await place.show(body.bookingId)).toMatchObject({ state: 'matching' });
  expect(await openTasks(world)).toEqual({});
});

test('a fee that comes while its booking expires is held, whoever is faster', async () => {
  await register(world);
  const booked = await Promise.all(Array.from({ length: 6 }, () => place.book({ expiresInHours: 1 })));
  await world.clock.advance(HOUR);
  await Promise.all(
    booked.flatMap(({ body }) => [
      payBill(world, { account: String(body.reference), amountShillings: 1160 }),
      expireBookings(world.app, soon()),
      expireBookings(world.app, soon()),
    ]),
  );
  await world.pass(2);
  for (const { body } of booked) expect(await place.show(body.bookingId)).toMatchObject({ state: 'matching', paymentStatus: 'paid' });
  await expectBooksToBalance(world);
  await world.database.sql("update reviews set closed_at = opened_at where kind = 'booking_paid_late'");
});

test('money that comes too late is held all the same, nothing happens by itself, and a person is asked', async () => {
  await register(world);
  const { body } = await place.book({ expiresInHours: 1, autoResolve: { action: 'release', to: 'income', afterHours: 1 } });
  await later(2);
  const changes = await movedBy(world, () => payBill(world, { account: String(body.reference), amountShillings: 1160 }));
  expect(changes).toEqual({ paybill_told: 116_000n, booking_escrow: 116_000n });
  expect(await openTasks(world)).toEqual({ booking_paid_late: 1 });
  await later(2);
  expect(await place.show(body.bookingId)).toMatchObject({ state: 'matching', paymentStatus: 'paid' });
  await place.resolve(body.bookingId, { action: 'release', to: 'income' });
  expect(await openTasks(world)).not.toHaveProperty('booking_paid_late');
});

test('what was said to happen by itself happens once, by many runs at the same time, and not before', async () => {
  const released = await place.held({ autoResolve: { action: 'release', to: 'income', afterHours: 3 } });
  const refunded = await place.held({ autoResolve: { action: 'refund', afterHours: 3 } });
  const provided = await place.held({
    providerPhoneNumber: newPhone(),
    autoResolve: { action: 'release', to: 'provider', keep: 160, afterHours: 3 },
  });
  const left = await place.held();
  await later(2);
  expect(await place.show(released)).toMatchObject({ state: 'matching' });
  await world.clock.advance(HOUR);
  const runs = await Promise.all(Array.from({ length: 5 }, () => resolveDueBookings(world.app, soon())));
  expect(runs.reduce((sum, { decided }) => sum + decided, 0)).toBe(3);
  expect(runs.reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
  expect(await place.show(released, place.server)).toMatchObject({ state: 'released', income: 1160 });
  expect(await place.show(refunded, place.server)).toMatchObject({
    state: 'refunded',
    payout: { to: 'payer', amount: 1160, state: 'requested' },
  });
  expect(await place.show(provided, place.server)).toMatchObject({
    state: 'released',
    income: 160,
    payout: { to: 'provider', amount: 1000 },
  });
  expect(await place.show(left)).toMatchObject({ state: 'matching' });
  await expectBooksToBalance(world);
});

test('what cannot happen by itself becomes a task, once, and stays held', async () => {
  const { body } = await place.book({ autoResolve: { action: 'refund', afterHours: 1 } });
  await place.payByPrompt(body.bookingId, newPhone()); // another phone than the one that booked
  await later(2);
  await later(1);
  expect(await openTasks(world)).toMatchObject({ booking_undecided: 1 });
  expect(await place.show(body.bookingId, place.server)).toMatchObject({ state: 'matching', autoResolve: null });
  expect(await statusOf(world, String(body.bookingId))).toMatchObject({ status: 'paid' });
  await expectBooksToBalance(world);
});

test('a fee that is settled and not yet booked keeps its booking from expiring', async () => {
  const { body } = await place.book({ expiresInHours: 1 });
  await world.clock.advance(HOUR);
  const told = {
    body: 'told in time',
    receipt: newReceipt(),
    typedReference: String(body.reference),
    ...{ payer: {}, shortcode: '174379', prompts: true, movedAt: world.clock.now(), dayDiffers: false },
  };
  await settleC2b({ db: world.app.db, now: world.clock.now() }, { ...told, amountCents: 116_000n });
  expect(await expireBookings(world.app, soon())).toEqual({ expired: 0 });
  await world.pass(1);
  expect(await place.show(body.bookingId)).toMatchObject({ state: 'matching', paymentStatus: 'paid' });
  expect(await openTasks(world)).not.toHaveProperty('booking_paid_late');
});

test('what is to leave again by itself waits for proof of its fee, and nobody is asked meanwhile', async () => {
  const autoResolve = { action: 'release', to: 'provider', keep: 160, afterHours: 1 };
  const { body } = await place.book({ providerPhoneNumber: newPhone(), autoResolve });
  const told = { ...{ body: 'told alone', receipt: newReceipt(), typedReference: String(body.reference), amountCents: 116_000n } };
  await settleC2b(
    { db: world.app.db, now: world.clock.now() },
    { ...told, payer: {}, shortcode: '174379', prompts: true, movedAt: world.clock.now(), dayDiffers: false },
  );
  await world.pass(1);
  await world.clock.advance(2 * HOUR);
  expect(await resolveDueBookings(world.app, soon())).toEqual({ decided: 0, failed: 0 });
  expect(await place.show(body.bookingId, place.server)).toMatchObject({
    state: 'matching',
    autoResolve: expect.objectContaining({ to: 'provider' }),
  });
});

test('who made a booking and said what happens by itself is not the second person for its payout', async () => {
  const id = await place.held({ autoResolve: { action: 'refund', afterHours: 1 } });
  const [maker, other] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  const [person] = await world.database.sql<{ id: string }>('select id from people order by id desc offset 1 limit 1');
  await world.database.sql("update payments set caller = 'person:' || $2 where id = $1", [id, person?.id]);
  await world.clock.advance(HOUR);
  await resolveDueBookings(world.app, soon());
  const [payout] = await world.database.sql<{ id: string }>('update payouts set second_person = true where subject_id = $1 returning id', [
    id,
  ]);
  const decide = (headers: Record<string, string>) => world.send('POST', `/api/payouts/${payout?.id}/decision`, { body: {}, headers });
  expect(await (await decide(maker)).json()).toMatchObject({ code: 'second_person_needed' });
  expect((await decide(other)).status).toBe(200);
});
