import { afterAll, beforeAll, expect, test } from 'vitest';
import { paybillUrls } from '#mpesa/paybill/paybill-address.ts';
import { newReceipt, register } from '../paybill/paybill.ts';
import { noticeBody } from '../proof/bodies.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { strike } from '../world/route.ts';
import type { World } from '../world/world.ts';
import { type Marketplace, openMarketplace } from './marketplace.ts';

// A fee whose money never came, or was given back in Safaricom's portal, is nobody's income.

let world: World;
let place: Marketplace;
beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
  await register(world);
});
afterAll(() => world.stop());

/** A booking whose fee a notice has told, of a payment that never was. */
async function toldFee(body: Record<string, unknown> = {}): Promise<{ bookingId: string; depositId: string }> {
  const { body: booked } = await place.book(body);
  const receipt = newReceipt();
  const notice = noticeBody({
    receipt,
    shillings: 1_160,
    reference: String(booked.reference),
    at: world.clock.now(),
    msisdn: newPhone(),
    shortcode: '174379',
  });
  await world.send('POST', new URL(paybillUrls(world.app.config).confirmationUrl).pathname, { body: notice });
  await world.settled();
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return { bookingId: String(booked.bookingId), depositId: row?.id ?? '' };
}
const now = () => world.clock.now().toISOString();
const refute = (depositId: string) => world.database.sql('select refute_deposit_2($1, $2)', [depositId, now()]);
const invoices = async (bookingId: string) => world.database.sql('select from invoices where payment_id = $1', [bookingId]);

test.each([['income'], ['provider']])('refuted money is not released to %s; the take-back ends its booking', async (to) => {
  const { bookingId, depositId } = await toldFee({ providerPhoneNumber: newPhone() });
  await refute(depositId);
  expect(await place.resolve(bookingId, { action: 'release', to })).toMatchObject({
    status: 409,
    body: { code: 'deposit_refuted', detail: expect.stringContaining(`/api/deposits/${depositId}/take-back`) },
  });
  expect([await place.show(bookingId), await invoices(bookingId)]).toMatchObject([{ state: 'matching' }, []]);
  const headers = await signedIn(world, 'treasurer');
  const takenBack = await world.send('POST', `/api/deposits/${depositId}/take-back`, { body: { reason: 'A lie' }, headers });
  expect([takenBack.status, await place.show(bookingId)]).toMatchObject([200, { state: 'expired' }]);
});

test('what was to become income by itself waits while its money is refuted, without a task of its own', async () => {
  const { bookingId, depositId } = await toldFee({ autoResolve: { action: 'release', to: 'income', afterHours: 24 } });
  await refute(depositId);
  await world.clock.advance(3 * 24 * 3_600_000);
  await strike('scheduled-minute');
  expect([await place.show(bookingId), await invoices(bookingId)]).toMatchObject([{ state: 'matching' }, []]);
  expect(await world.database.sql("select from reviews where kind = 'booking_undecided'")).toEqual([]);
});

test('money that was reversed in the portal is not released to income', async () => {
  const bookingId = await place.held();
  await world.database.sql(
    "update deposits set reversed_elsewhere_at = $2, reversal_receipt = 'UKT0000001', reversed_elsewhere_cents = amount_cents where id = (select counted_deposit_id from payments where id = $1)",
    [bookingId, now()],
  );
  expect(await place.resolve(bookingId, { action: 'release', to: 'income' })).toMatchObject({
    status: 409,
    body: { code: 'reversed_elsewhere' },
  });
  expect(await invoices(bookingId)).toEqual([]);
});
