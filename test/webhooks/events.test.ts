import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EVENT_TYPES } from '#desk/webhooks/events.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { type Marketplace, openMarketplace } from '../bookings/marketplace.ts';
import { pay, prove } from '../loans/repaying.ts';
import { confirm, noticeBody, owe, register, tellsNow } from '../paybill/paybill.ts';
import { newPhone, push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { strike } from '../world/route.ts';
import type { World } from '../world/world.ts';
import { administrator, type Receiver, startReceiver, webhooksOf } from './receiver.ts';

type Headers = { authorization: string };

let market: Marketplace;
let world: World;
let treasurer: Headers;
let other: Headers;
let server: Receiver;
beforeAll(async () => {
  market = await openMarketplace();
  ({ world } = market);
  await register(world);
  [treasurer, other] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  server = await startReceiver();
  await webhooksOf(world, await administrator(world)).create(server.url);
  await bought(); // the float can carry what is sent back
});
afterAll(async () => {
  await world.stop();
  await server.stop();
});
beforeEach(() => world.inbox.clear());

async function bought(body: Record<string, unknown> = {}): Promise<string> {
  const { paymentId, prompt } = await push(world, { items: [{ sku: 'coffee', quantity: 4 }], ...body });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  return paymentId;
}

/** What was told about an object, in the order in which it was. */
const toldOf = (id: string) => server.events(id).map(({ type, data }) => ({ event: type, ...data }));
const typesOf = (id: string) => server.events(id).map(({ type }) => type);

async function approved(path: string, body: Record<string, unknown>): Promise<string> {
  const asked = await market.send(path, body, treasurer);
  expect(asked.status).toBe(201);
  expect(await market.send(`/api/payouts/${asked.body.payoutId}/decision`, {}, other)).toMatchObject({ status: 200 });
  await world.pass(4);
  return String(asked.body.payoutId);
}

describe('a payment', () => {
  test('that is paid is told once, with its state and whether it is proved, and its invoice when it was mailed', async () => {
    const paymentId = await bought({
      email: 'achieng@example.com',
      externalReference: 'order-17',
      metadata: { basket: 17, note: 'Achieng, 0712 345 678' },
    });
    await world.pass(3);
    expect(toldOf(paymentId)).toEqual([
      {
        ...{
          event: 'payment.paid',
          type: 'order',
          object: 'payment',
          paymentId,
          reference: expect.any(String),
          status: 'paid',
          amount: 5000,
          proved: true,
        },
        ...{ failureReason: null, mpesaReceiptNumber: expect.stringMatching(/^[A-Z0-9]{10}$/), refundedAmount: null },
        ...{ createdAt: expect.any(String), completedAt: expect.any(String) },
        invoiceUrl: `/api/invoices/${paymentId}.pdf`,
        externalReference: 'order-17',
      },
      {
        ...{ event: 'invoice.sent', object: 'invoice', invoiceId: paymentId, kind: 'invoice', number: expect.stringMatching(/^INV-2026-/) },
        ...{
          paymentId,
          total: 5000,
          issuedAt: expect.any(String),
          sentAt: expect.any(String),
          invoiceUrl: `/api/invoices/${paymentId}.pdf`,
        },
      },
    ]);
    const [paid] = server.events(paymentId);
    const [row] = await world.database.sql<{ id: string; happened_at: Date }>(
      "select id, happened_at from audit where subject = $1 and action = 'payment_paid'",
      [paymentId],
    );
    expect([paid?.id, paid?.timestamp]).toEqual([row?.id, row?.happened_at.toISOString()]);
    expect(paid?.version).toBeGreaterThan(1_700_000_000_000_000);
  });

  test('whose prompt is cancelled has failed, and says why', async () => {
    const { paymentId, prompt } = await push(world);
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { outcome: 'cancelled' });
    await world.pass(2);
    expect(toldOf(paymentId)).toMatchObject([
      { event: 'payment.failed', status: 'failed', proved: null, mpesaReceiptNumber: null, failureReason: expect.any(String) },
    ]);
  });

  test('whose prompt Safaricom refuses has failed', async () => {
    world.simulator.control.plan({ next: 1, refusal: 'not-on-network' });
    const { paymentId } = await push(world);
    await world.pass(1);
    expect(toldOf(paymentId)).toMatchObject([{ event: 'payment.failed', status: 'failed' }]);
  });

  test('of which nothing is heard expires; found paid later it is told all the same', async () => {
    const phoneNumber = newPhone();
    world.simulator.control.plan({
      phone: phoneNumber,
      outcome: 'paid',
      delayMs: 30_000,
      responseLost: true,
      callbackMs: 40 * 60_000,
      notice: 'none',
    });
    const { paymentId } = await push(world, { phoneNumber });
    const [payment] = await world.database.sql<{ id: string }>('select id from payments where phone_hash = $1', [lookupHash(phoneNumber)]);
    const id = payment?.id ?? paymentId;
    await world.pass(25);
    expect(toldOf(id)).toMatchObject([{ event: 'payment.expired', status: 'expired' }]);
    await world.pass(20);
    expect(toldOf(id).at(-1)).toMatchObject({ event: 'payment.paid', status: 'paid', proved: true });
    expect(typesOf(id)).toHaveLength(2);
  });

  test('that only a notice told of is told as such, and again when it is proved', async () => {
    const { paymentId, reference } = await owe(world);
    await confirm(world, noticeBody({ ...tellsNow(world), BillRefNumber: reference, FirstName: 'WANJIKU' }));
    await world.settled();
    await strike('scheduled-minute');
    expect(toldOf(paymentId).at(-1)).toMatchObject({ event: 'payment.paid', status: 'paid', proved: false });
    await prove(world);
    await world.pass(1);
    expect(toldOf(paymentId).at(-1)).toMatchObject({ event: 'payment.proved', proved: true });
    expect(typesOf(paymentId).filter((type) => type === 'payment.proved')).toHaveLength(1);
  });

  test('whose money never came is reversed once it is taken back', async () => {
    const { paymentId, reference } = await owe(world);
    const receipt = await pay(world, reference, 1250);
    await world.settled();
    const at = world.clock.now().toISOString();
    const [deposit] = await world.database.sql('select id, refute_deposit_2(id, $2) from deposits where receipt = $1', [receipt, at]);
    expect(await market.send(`/api/deposits/${deposit?.id}/take-back`, { reason: 'Not on the statement' }, treasurer)).toMatchObject({
      status: 200,
    });
    await strike('scheduled-minute');
    expect(toldOf(paymentId).at(-1)).toMatchObject({ event: 'payment.reversed', status: 'reversed' });
    for (const { data } of server.events(paymentId)) expect(data).toMatchObject({ status: 'reversed' }); // each says how it stands
  });

  test('is refunded in part and reversed as a whole, and the payouts are told too', async () => {
    const [whole, part] = [await bought(), await bought()];
    const reversal = await approved('/api/refunds', { paymentId: whole, reason: 'Returned' });
    const refund = await approved('/api/refunds', { paymentId: part, amount: 1000, reason: 'Returned' });
    expect(toldOf(whole).at(-1)).toMatchObject({ event: 'payment.refunded', status: 'reversed', refundedAmount: 5000 });
    expect(toldOf(part).find(({ event }) => event === 'payment.refunded')).toMatchObject({ status: 'refunded', refundedAmount: 1000 });
    for (const [payoutId, amount] of [
      [reversal, 5000],
      [refund, 1000],
    ] as const)
      expect(toldOf(payoutId).filter(({ event }) => event.startsWith('payout.'))).toMatchObject([
        {
          event: 'payout.paid',
          object: 'payout',
          payoutId,
          state: 'paid',
          amount,
          paidAmount: amount,
          mpesaReceiptNumbers: [expect.any(String)],
        },
      ]);
  });
});

test('a payout that M-PESA refuses has failed, and says why', async () => {
  world.simulator.control.plan({ api: 'b2c', next: 1, outcome: 'not-registered' });
  const payoutId = await approved('/api/payouts', { phoneNumber: newPhone(), amount: 100, reason: 'Supplier' });
  expect(toldOf(payoutId)).toMatchObject([
    { event: 'payout.failed', state: 'rejected', amount: 100, paidAmount: 0, failureReasons: [expect.any(String)] },
  ]);
});

test('a payout that an approver declines has failed', async () => {
  const { body } = await market.send('/api/payouts', { phoneNumber: newPhone(), amount: 100, reason: 'Supplier' }, treasurer);
  expect(await market.send(`/api/payouts/${body.payoutId}/decision`, { decision: 'decline' }, other)).toMatchObject({ status: 200 });
  await world.pass(1);
  expect(toldOf(String(body.payoutId))).toMatchObject([{ event: 'payout.failed', state: 'declined', paidAmount: 0 }]);
});

test('money that names nothing of ours is told without what was typed', async () => {
  const receipt = await pay(world, 'MAMA WANJIKU', 700);
  await world.pass(3);
  const [told, ...more] = server.events(receipt);
  expect(more).toEqual([]);
  expect(told).toMatchObject({
    type: 'deposit.unidentified',
    data: { object: 'deposit', state: 'unidentified', amount: 700, mpesaReceiptNumber: receipt, proved: false, shortcode: '174379' },
  });
});

describe('a booking', () => {
  test('is held, then released', async () => {
    const bookingId = await market.held();
    expect(await market.resolve(bookingId, { action: 'release', to: 'income' })).toMatchObject({ status: 200 });
    await world.pass(1);
    expect(typesOf(bookingId).sort()).toEqual(['booking.held', 'booking.released', 'payment.paid']);
    expect(toldOf(bookingId).at(-1)).toMatchObject({
      object: 'booking',
      bookingId,
      state: 'released',
      amount: 1160,
      incomeAmount: 1160,
      proved: true,
    });
  });

  test('is refunded by decision, and its payment once the money has arrived', async () => {
    const bookingId = await market.held();
    await market.resolve(bookingId, { action: 'refund' });
    await world.pass(1);
    expect(toldOf(bookingId).at(-1)).toMatchObject({ event: 'booking.refunded', state: 'refunded', payoutAmount: 1160 });
    const [payout] = await world.database.sql('select payout_id from bookings where id = $1', [bookingId]);
    expect(await market.decidePayout(payout?.payout_id)).toMatchObject({ status: 200 });
    await world.pass(4);
    expect(toldOf(bookingId).filter(({ event }) => event === 'payment.refunded')).toMatchObject([
      { status: 'refunded', refundedAmount: 1160 },
    ]);
  });

  test('expires with its payment, each told once', async () => {
    const { body } = await market.book();
    await world.database.sql('update bookings set expires_at = $2 where id = $1', [body.bookingId, world.clock.now()]);
    await world.pass(2);
    expect(typesOf(String(body.bookingId)).sort()).toEqual(['booking.expired', 'payment.expired']);
  });
});

test('no event holds a phone number, a name or an e-mail address', () => {
  expect(server.heard.length).toBeGreaterThan(20);
  for (const { body } of server.heard) expect(body).not.toMatch(/(?<!\d)(?:254|0)[17]\d{8}(?!\d)|@|wanjiku|achieng/i);
});

test('the database knows the types that are promised, and no other', async () => {
  const [source] = await world.database.sql<{ prosrc: string }>("select prosrc from pg_proc where proname = 'webhook_event_1'");
  const known = [...(source?.prosrc ?? '').matchAll(/then (?:case when [^']*'[^']*'[^']*)?'([a-z]+\.[a-z_]+)'/g)].map(([, type]) => type);
  expect([...new Set(known)].sort()).toEqual([...EVENT_TYPES].sort());
});
