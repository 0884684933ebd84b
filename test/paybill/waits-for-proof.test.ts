import { afterAll, beforeAll, expect, test } from 'vitest';
import { callbackBody, latestAttempt, newPhone, push, statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';
import { confirm, deposits, match, newReceipt, noticeBody, owe, payBill, register, tellsNow } from './paybill.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { WAIT_FOR_PROOF: 'order,booking_fee,donation' } });
  await world.database.sql(
    "insert into items (sku, name, kind, price_cents, vat_class, updated_at) values ('match', 'Matching fee', 'booking_fee', 50000, 'B', now())",
  );
  await register(world);
});
afterAll(() => world.stop());

test('an order that a notice tells of is paid when Safaricom has answered about its receipt', async () => {
  const { paymentId, reference } = await owe(world, 'maize');
  const { path } = await latestAttempt(world, paymentId);
  await world.send('POST', path, { body: 'nonsense' });
  await world.pass(5); // the prompt is over
  await payBill(world, { account: reference, amountShillings: 200 });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'unknown', proved: false });
  await world.pass(6);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', proved: true });
});

test('a booking whose fee a notice tells of is held when Safaricom has answered about its receipt', async () => {
  const response = await world.send('POST', '/api/bookings', {
    body: { sku: 'match', phoneNumber: newPhone() },
    headers: await operator(world, 'bookings:write'),
  });
  const { bookingId, reference } = (await response.json()) as { bookingId: string; reference: string };
  const show = async () => (await (await world.send('GET', `/api/bookings/${bookingId}`)).json()) as Record<string, unknown>;
  await payBill(world, { account: reference, amountShillings: 500 });
  expect(await show()).toMatchObject({ state: 'created' });
  await world.pass(6);
  expect(await show()).toMatchObject({ state: 'matching' });
});

test('told money that a person matches to it pays it no sooner; proved money does', async () => {
  const gift = await push(world, { type: 'donation', items: [{ sku: 'gift', amount: 335 }] });
  if (!gift.prompt) throw new Error('no prompt');
  await world.send('POST', (await latestAttempt(world, gift.paymentId)).path, { body: callbackBody(gift.prompt, { resultCode: 1032 }) });
  const { TransTime } = tellsNow(world);
  const TransID = newReceipt(world.clock.now());
  await confirm(world, noticeBody({ TransID, TransTime, TransAmount: '335', BillRefNumber: 'HELLO' }));
  const { depositId } = (await deposits(world)).find(({ receipt }) => receipt === TransID) ?? { depositId: '' };
  const refused = await match(world, depositId, { paymentId: gift.paymentId });
  expect([refused.status, await refused.json()]).toMatchObject([
    409,
    { code: 'receipt_unconfirmed', detail: expect.stringContaining('WAIT_FOR_PROOF') },
  ]);
  expect(await statusOf(world, gift.paymentId)).toMatchObject({ status: 'failed' });

  await world.database.sql('select prove_money_2(id, $2) from deposits where receipt = $1', [TransID, world.clock.now().toISOString()]);
  expect((await match(world, depositId, { paymentId: gift.paymentId })).status).toBe(200);
  expect(await statusOf(world, gift.paymentId)).toMatchObject({ status: 'paid', proved: true });
});
