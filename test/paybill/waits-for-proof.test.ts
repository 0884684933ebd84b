import { afterAll, beforeAll, expect, test } from 'vitest';
import { latestAttempt, newPhone, statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';
import { owe, payBill, register } from './paybill.ts';

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
