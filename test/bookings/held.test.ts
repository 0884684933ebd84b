import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { confirm, noticeBody, openTasks, payBill, register } from '../paybill/paybill.ts';
import { newPhone, push, statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import type { World } from '../world/world.ts';
import { expectBooksToBalance, type Marketplace, movedBy, openMarketplace } from './marketplace.ts';

let world: World;
let place: Marketplace;

beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
});
afterAll(() => world.stop());

describe('booking', () => {
  test('a visitor books from the price list, and whoever holds the id sees how it stands', async () => {
    const response = await place.send('/api/bookings', { sku: 'match', phoneNumber: '0712345678' });
    expect(response).toMatchObject({ status: 201, body: { state: 'created', amount: 1160, reference: expect.stringMatching(/^BK-/) } });
    expect(response.body).not.toHaveProperty('payout');
    expect(await place.show(response.body.bookingId)).toEqual(response.body);
    expect(await statusOf(world, String(response.body.bookingId))).toMatchObject({
      status: 'pending',
      type: 'booking_fee',
      invoiceUrl: null,
    });
  });

  test('only fees of the price list can be booked, and only by a booking', async () => {
    expect(await place.book({ sku: 'coffee' })).toMatchObject({ status: 422, body: { code: 'unknown_item' } });
    const direct = { type: 'booking_fee', phoneNumber: newPhone(), items: [{ sku: 'match' }] };
    expect(await place.send('/api/payments/stk-push', direct)).toMatchObject({ status: 422, body: { code: 'type_not_offered' } });
    expect(await place.send('/api/payments/stk-push', { phoneNumber: newPhone(), items: [{ sku: 'match' }] })).toMatchObject({
      status: 422,
    });
    expect(await place.send('/api/payments/stk-push', { phoneNumber: newPhone(), bookingId: crypto.randomUUID() })).toMatchObject({
      status: 404,
    });
  });

  test('a visitor cannot name a provider, a time or a reference; nor can a key without the right', async () => {
    const more = [
      { externalReference: 'b-1' },
      { providerPhoneNumber: newPhone() },
      { expiresInHours: 2 },
      { autoResolve: { action: 'refund', afterHours: 1 } },
    ];
    const other = await operator(world, 'payments:read');
    for (const extra of more) {
      expect((await place.book(extra, {})).status).toBe(401);
      expect((await place.book(extra, other)).status).toBe(403);
    }
    expect(await place.book({ autoResolve: { action: 'release', to: 'provider', afterHours: 1 } })).toMatchObject({ status: 400 });
  });

  test('an e-mail address is booked with as often as a phone is prompted, from wherever; the organisation is not limited', async () => {
    const email = 'victim@example.com';
    const once = (n: number, headers?: Record<string, string>) =>
      place.send(
        '/api/bookings',
        { sku: 'match', phoneNumber: newPhone(), email: n % 2 ? email.toUpperCase() : email },
        headers,
        `198.51.100.${n}`,
      );
    const told = [];
    for (let n = 1; n <= 4; n++) told.push(await once(n));
    expect(told.map(({ status }) => status)).toEqual([201, 201, 201, 429]);
    expect(told.at(-1)?.body).toMatchObject({ code: 'too_many_bookings', detail: expect.stringContaining('e-mail address') });
    expect((await place.send('/api/bookings', { sku: 'match', phoneNumber: newPhone() }, undefined, '198.51.100.9')).status).toBe(201);
    for (let n = 1; n <= 4; n++) expect((await place.book({ email })).status).toBe(201);
  });

  test('one address books twenty times an hour; the organisation is not limited', async () => {
    const once = () => place.send('/api/bookings', { sku: 'match', phoneNumber: newPhone() }, undefined, '192.0.2.1');
    const answers = [];
    for (let n = 0; n < 21; n++) answers.push((await once()).status);
    expect(answers).toEqual([...Array.from({ length: 20 }, () => 201), 429]);
    for (let n = 0; n < 21; n++)
      expect((await place.send('/api/bookings', { sku: 'match', phoneNumber: newPhone() }, place.server, '192.0.2.1')).status).toBe(201);
  });

  test('an externalReference books once per caller; an Idempotency-Key answers the same bytes', async () => {
    const twice = await Promise.all([place.book({ externalReference: 'job-1' }), place.book({ externalReference: 'job-1' })]);
    expect(twice.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect((await place.book({ externalReference: 'job-1' }, await operator(world, 'bookings:write'))).status).toBe(201);
    const body = { sku: 'match', phoneNumber: newPhone() };
    const keyed = () => world.send('POST', '/api/bookings', { body, headers: { 'idempotency-key': 'booking-key-1' } });
    const first = await (await keyed()).text();
    const second = await keyed();
    expect([second.status, second.headers.get('idempotent-replayed'), await second.text()]).toEqual([201, 'true', first]);
  });

  test('costs one round trip, and its prompt no more than any', async () => {
    const phoneNumber = newPhone();
    await push(world); // the first one fetches a token and keeps it
    await world.database.resetRoundTrips();
    const { body } = await place.send('/api/bookings', { sku: 'match', phoneNumber });
    expect(await world.database.roundTrips()).toBe(1);
    await world.database.resetRoundTrips();
    await place.prompt(body.bookingId, phoneNumber);
    expect(await world.database.roundTrips()).toBe(2);
  });
});

describe('the fee is held', () => {
  test('when it is paid by a prompt, with neither sale nor invoice', async () => {
    const changes = await movedBy(world, () => place.held());
    expect(changes).toEqual({ paybill_float: 116_000n, booking_escrow: 116_000n });
    await expectBooksToBalance(world);
  });

  test('when it is paid at the paybill with its reference, however it is typed', async () => {
    await register(world);
    const { body } = await place.book();
    await payBill(world, { account: String(body.reference).toLowerCase().replace('-', ' '), amountShillings: 1160 });
    expect(await place.show(body.bookingId)).toMatchObject({ state: 'matching' });
    await expectBooksToBalance(world);
  });

  test('once, when it is paid twice: the second is a surplus to give back', async () => {
    const { body } = await place.book();
    const reference = { BillRefNumber: body.reference, TransAmount: '1160.00' };
    for (const changes of [
      await movedBy(world, () => confirm(world, noticeBody(reference))),
      await movedBy(world, () => confirm(world, noticeBody(reference))),
    ])
      expect(changes).toMatchObject({ paybill_told: 116_000n });
    expect(
      await world.database.sql("select amount_cents::int as cents from transfers where kind = 'hold' and source_id = $1", [body.bookingId]),
    ).toEqual([{ cents: 116_000 }]);
    expect(await openTasks(world)).toMatchObject({ surplus_payment: 1 });
    expect((await place.send('/api/payments/stk-push', { bookingId: body.bookingId, phoneNumber: newPhone() })).body.code).toBe(
      'already_paid',
    );
  });
});
