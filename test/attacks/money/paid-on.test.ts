import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveDueBookings } from '#shop/bookings/resolve-due-bookings.ts';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { signedIn } from '../../world/person.ts';
import { listByPull, openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await stage.world.database.sql(
    "insert into items (sku, name, kind, price_cents, vat_class, updated_at) values ('match', 'Matching fee', 'booking_fee', 116000, 'B', now())",
  );
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

type Headers = Record<string, string>;
const sql: Stage['world']['database']['sql'] = (...all) => stage.world.database.sql(...all);
const admin = () => signedIn(stage.world, 'admin');
const post = async (path: string, body: unknown, headers: Headers) => {
  const response = await stage.world.send('POST', path, { body, headers, ip: '198.51.100.77' });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const stop = () => sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())");
const goOn = () => sql("delete from stops where name = 'payouts'");

/** A booking whose fee is to be paid on to its provider. */
async function openBooking(headers: Headers, provider = newPhones().other, more = {}) {
  const { body } = await post(
    '/api/bookings',
    { sku: 'match', phoneNumber: newPhones().other, providerPhoneNumber: provider, ...more },
    headers,
  );
  const [row] = await sql<{ reference: string }>('select reference from payments where id = $1', [body.bookingId]);
  return {
    id: body.bookingId,
    reference: row?.reference ?? '',
    release: () => post(`/api/bookings/${body.bookingId}/resolve`, { action: 'release', to: 'provider', phoneNumber: provider }, headers),
    approve: async (by = headers) => {
      const [payout] = await sql<{ id: string }>('select payout_id as id from bookings where id = $1', [body.bookingId]);
      return post(`/api/payouts/${payout?.id}/decision`, {}, by);
    },
    payout: async () =>
      (await sql('select p.state from payouts p join bookings b on b.payout_id = p.id where b.id = $1', [body.bookingId]))[0],
    paid: () => stage.account.filter(({ shillings, party }) => shillings < 0 && party.includes(provider.slice(-3))),
  };
}

test.each(['approved', 'sent'])(
  "a booking's fee whose proof turned out to be another prompt's, before its payout is %s, does not leave",
  async (before) => {
    const s = await openScene(stage);
    const owed = await s.owe(1160, newPhones().other); // a prompt whose callback is lost
    const booking = await openBooking(await admin());
    const receipt = s.receipt(); // the prompt's own, told with the booking's reference by who has it in an SMS
    s.proves(receipt, 1160, owed.phone);
    await s.told(receipt, 1160, booking.reference, owed.phone);
    await s.minutes(6);
    expect((await booking.release()).status).toBe(200);
    if (before === 'sent') {
      await stop();
      expect((await booking.approve(await admin())).status).toBe(200);
    }
    s.queried(owed); // the prompt was paid: one movement, and two bookings of it
    await s.minutes(12);
    expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
    if (before === 'approved') expect((await booking.approve(await admin())).body).toMatchObject({ code: 'receipt_unconfirmed' });
    await goOn();
    await s.minutes(10);
    expect(await booking.payout()).toEqual({ state: before === 'approved' ? 'requested' : 'rejected' });
    expect(booking.paid()).toEqual([]);
  },
);

/** The receipt of an order that was paid by hand is told with the booking's reference, faster than Safaricom's own notice. */
async function toldTwice(more = {}, between = async (_: Awaited<ReturnType<typeof openBooking>>) => {}) {
  const s = await openScene(stage);
  const owed = await s.owe(1160, newPhones().other);
  await s.minutes(6); // its prompt has ended
  const by = await admin();
  const booking = await openBooking(by, newPhones().other, more);
  const [receipt, at] = [s.receipt(), stage.world.clock.now()];
  s.proves(receipt, 1160, owed.phone);
  await s.told(receipt, 1160, booking.reference, owed.phone);
  await s.minutes(6);
  await between(booking);
  await s.told(receipt, 1160, owed.reference, owed.phone);
  const listed = () => listByPull(stage, { receipt, shillings: 1160, typed: owed.reference, at, phone: owed.phone });
  const closed = () => sql("update reviews set closed_at = opened_at where kind = 'receipt_told_twice' and closed_at is null");
  return { s, booking, listed, closed };
}

test('a fee whose receipt was told for an order as well is not paid on before a person has looked, and goes to the order once the list says so', async () => {
  const { s, booking, listed } = await toldTwice();
  expect((await booking.release()).body).toMatchObject({ code: 'receipt_unconfirmed' });
  await listed();
  await s.minutes(3);
  expect(await s.grown()).not.toHaveProperty('receivables');
});

test.each(['approved', 'sent'])('nor if it is told so before its payout is %s', async (before) => {
  const { s, booking, closed } = await toldTwice({}, async (booking) => {
    expect((await booking.release()).status).toBe(200);
    if (before === 'approved') return;
    await stop();
    expect((await booking.approve()).status).toBe(200);
  });
  if (before === 'approved') {
    expect((await booking.approve(await admin())).body).toMatchObject({ code: 'receipt_unconfirmed' });
    await closed();
    expect((await booking.approve()).status).toBe(200);
  }
  await goOn();
  await s.minutes(3);
  expect(await booking.payout()).toEqual({ state: before === 'approved' ? 'paid' : 'rejected' });
});

test('nor by itself: it waits until the task is closed', async () => {
  const { s, booking, closed } = await toldTwice({ autoResolve: { action: 'release', to: 'provider', afterHours: 1 } });
  await stage.world.clock.advance(3_600_000);
  const due = () => resolveDueBookings(stage.world.app, new Date(stage.world.clock.now().getTime() + 20_000));
  expect(await due()).toEqual({ decided: 0, failed: 0 });
  await closed();
  expect(await due()).toEqual({ decided: 1, failed: 0 });
  expect(await booking.payout()).toEqual({ state: 'requested' });
  await s.minutes(1);
});
