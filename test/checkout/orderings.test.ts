import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { latestAttempt, newPhone, push, statusOf } from '../world/checkout.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

type Plan = Parameters<World['simulator']['control']['plan']>[0];

const paymentIdOf = async (phone: string) => {
  const [row] = await world.database.sql<{ id: string }>('select id from payments where phone_hash = $1', [lookupHash(phone)]);
  return row?.id ?? '';
};

describe.each(['paid', 'cancelled'] as const)('when M-PESA says %s', (outcome) => {
  test.each([
    ['the callback comes after the response', {}],
    ['the callback overtakes the response', { callbackFirst: true }],
    ['the response is lost and the callback comes', { responseLost: true }],
    ['the callback is lost and the query tells', { lost: true }],
    ['the callback comes three times', { copies: 3 }],
    ['the callback comes long after everybody gave up', { callbackMs: 40 * 60_000 }],
  ])('and %s, payment, ledger and Safaricom agree', async (_, plan) => {
    const phoneNumber = newPhone();
    world.simulator.control.plan({ phone: phoneNumber, outcome, delayMs: 5_000, ...plan } as Plan);
    await push(world, { phoneNumber });
    await world.pass(45);
    expect(await statusOf(world, await paymentIdOf(phoneNumber))).toMatchObject({ status: outcome === 'paid' ? 'paid' : 'failed' });
    const books = await booksBalance(world);
    expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
  });
});

test('a process that dies after Safaricom said yes loses nothing: the callback settles the attempt it left', async () => {
  const { paymentId, prompt } = await push(world);
  await world.database.sql(
    "update attempts set state = 'requested', checkout_request_id = null, checkout_hash = null where payment_id = $1",
    [paymentId],
  );
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
});

test('an attempt nobody can ask about is unknown after its time, expired after 20 minutes and a task after a day; its late callback is honoured', async () => {
  const phoneNumber = newPhone();
  world.simulator.control.plan({ phone: phoneNumber, outcome: 'paid', delayMs: 30_000, responseLost: true, callbackMs: 26 * 3_600_000 });
  await push(world, { phoneNumber });
  const paymentId = await paymentIdOf(phoneNumber);
  const { id } = await latestAttempt(world, paymentId);
  await world.pass(2);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'unknown' });
  await world.pass(20);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'expired' });
  await world.clock.advance(24 * 3_600_000);
  await world.pass(1);
  expect(await world.database.sql('select kind from reviews where subject = $1', [id])).toEqual([{ kind: 'attempt_unresolved' }]);
  await world.clock.advance(2 * 3_600_000);
  await world.pass(1);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  expect(await world.database.sql("select action from audit where subject = $1 and action = 'late_success'", [paymentId])).toHaveLength(1);
});

test('a query that says 1037 while the PIN can still be entered decides nothing, and the callback that says paid is taken', async () => {
  const phoneNumber = newPhone();
  world.simulator.control.plan({ phone: phoneNumber, outcome: 'paid', delayMs: 10_000, lateMs: 120_000 });
  const { paymentId } = await push(world, { phoneNumber });
  await world.pass(1);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'pending', failureReason: null });
  await world.pass(3);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
});

test('a query that says 1037 when the PIN cannot be entered any more ends the prompt, and is overruled by a callback that says paid', async () => {
  const phoneNumber = newPhone();
  world.simulator.control.plan({ phone: phoneNumber, outcome: 'paid', delayMs: 10_000, lateMs: 400_000 });
  const { paymentId } = await push(world, { phoneNumber });
  await world.pass(2);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'unknown' });
  await world.pass(3);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'failed', failureReason: 'unreachable' });
  await world.pass(4);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
});

test('a customer retries inside the same payment; when both prompts pay, one counts and the other becomes a credit to refund', async () => {
  const phoneNumber = newPhone();
  world.simulator.control.plan({ phone: phoneNumber, next: 1, outcome: 'paid', delayMs: 10_000, lateMs: 300_000 });
  const { paymentId } = await push(world, { phoneNumber });
  await world.pass(2);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'unknown' });

  const again = await world.send('POST', '/api/payments/stk-push', { body: { paymentId, phoneNumber: newPhone() } });
  expect([again.status, await again.json()]).toEqual([201, expect.objectContaining({ paymentId, status: 'pending' })]);
  const second = world.simulator.control.prompts()[0];
  await world.simulator.control.answer(second?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(10);

  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  const transfers = await world.database.sql(
    'select t.kind from transfers t join deposits d on d.id::text = t.source_id where d.payment_id = $1 order by 1',
    [paymentId],
  );
  expect(transfers.map(({ kind }) => kind)).toEqual(['mpesa_in', 'mpesa_in', 'sale', 'sale', 'surplus']);
  expect(await world.database.sql('select count(*)::int as n from invoices where payment_id = $1', [paymentId])).toEqual([{ n: 1 }]);
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });

  const third = await world.send('POST', '/api/payments/stk-push', { body: { paymentId, phoneNumber } });
  expect([third.status, ((await third.json()) as { code: string }).code]).toEqual([409, 'already_paid']);
});

test('nobody is prompted again before Safaricom was asked about the prompt that is still unknown', async () => {
  const phoneNumber = newPhone();
  world.simulator.control.plan({ phone: phoneNumber, next: 1, outcome: 'no-answer', lost: true });
  const { paymentId } = await push(world, { phoneNumber });
  await world.clock.advance(80_000); // past its time, and no job has asked
  const early = await world.send('POST', '/api/payments/stk-push', { body: { paymentId, phoneNumber } });
  expect(((await early.json()) as { code: string }).code).toBe('still_checking');
  await world.pass(2);
  const later = await world.send('POST', '/api/payments/stk-push', { body: { paymentId, phoneNumber } });
  expect(later.status).toBe(201);
});

test('whoever is prompted again while the first request may still be paid is told so, in both languages, and no longer when it cannot', async () => {
  for (const [language, words] of [
    ['en', 'An earlier request for this may still be paid: enter your PIN once only.'],
    ['sw', 'Ombi la awali la malipo haya bado linaweza kulipwa: weka PIN mara moja tu.'],
  ] as const) {
    const phoneNumber = newPhone();
    world.simulator.control.plan({ phone: phoneNumber, next: 1, outcome: 'no-answer', lost: true });
    const { paymentId, body } = await push(world, { phoneNumber, language });
    expect(body.customerMessage).not.toContain(words);
    await world.database.sql('update attempts set queried_at = now() where payment_id = $1', [paymentId]);
    await world.clock.advance(80_000);
    const again = await world.send('POST', '/api/payments/stk-push', { body: { paymentId, phoneNumber } });
    expect(await again.json()).toMatchObject({ status: 'pending', customerMessage: expect.stringContaining(words) });
    expect(await statusOf(world, paymentId)).toMatchObject({ customerMessage: expect.stringContaining(words) });
    await world.clock.advance(70_000);
    await world.database.sql('update attempts set payable_until = $2 where payment_id = $1 and not live', [
      paymentId,
      world.clock.now().toISOString(),
    ]);
    expect((await statusOf(world, paymentId)).customerMessage).not.toContain(words);
  }
});
