import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPhone, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
let shop: { authorization: string };
beforeAll(async () => {
  world = await startWorld();
  shop = await operator(world, 'payments:read');
});
afterAll(() => world.stop());

const REFERENCE = { externalReference: 'ORDER-1001' };
const order = (phoneNumber: string, headers: Record<string, string> = {}) => push(world, { ...REFERENCE, phoneNumber }, headers);

test('a visitor who takes an order number takes it from nobody: not from the page of the shop, and not from its API key', async () => {
  const stranger = await order(newPhone());
  const customer = await order(newPhone());
  const key = await order(newPhone(), shop);
  expect([stranger, customer, key].map(({ response }) => response.status)).toEqual([201, 201, 201]);

  const list = async (query: string) =>
    (await (await world.send('GET', `/api/payments?externalReference=ORDER-1001${query}`, { headers: shop })).json()) as {
      payments: { paymentId: string; caller: string }[];
    };
  const { payments } = await list('');
  expect(payments.map(({ caller }) => caller.split(':')[0])).toEqual(['key', 'visitor', 'visitor']);
  const own = await list(`&caller=${encodeURIComponent(payments[0]?.caller ?? '')}`);
  expect(own.payments.map(({ paymentId }) => paymentId)).toEqual([key.paymentId]);
  expect((await list('&caller=visitor')).payments).toHaveLength(2);
});

test('the same order of the same customer is still refused, and so is a key that uses a reference twice', async () => {
  const phone = newPhone();
  const first = await push(world, { externalReference: 'ORDER-1002', phoneNumber: phone });
  expect(first.response.status).toBe(201);
  await world.clock.advance(80_000);
  const again = await push(world, { externalReference: 'ORDER-1002', phoneNumber: phone });
  expect([again.response.status, again.body.code]).toEqual([409, 'external_reference_used']);
  expect((await push(world, { externalReference: 'ORDER-1003' }, shop)).response.status).toBe(201);
  const twice = await push(world, { externalReference: 'ORDER-1003' }, shop);
  expect([twice.response.status, twice.body.code]).toEqual([409, 'external_reference_used']);
});

test('who asked is shown to those who may read every payment, in the CSV too, and to no customer', async () => {
  const csv = await (await world.send('GET', '/api/payments?format=csv&externalReference=ORDER-1001', { headers: shop })).text();
  expect(csv.split('\n')[0]).toContain('externalReference,caller,metadata');
  const { paymentId } = await push(world);
  const seen = (await (await world.send('GET', `/api/payments/${paymentId}`)).json()) as object;
  expect(Object.keys(seen)).not.toContain('caller');
});
