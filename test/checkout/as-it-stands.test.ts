import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPhone, statusOf } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

// A request is repeated whose first answer was never kept, as its process died: it hears what stands now, marked as a repeat.

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.database.sql(
    "insert into items (sku, name, kind, price_cents, vat_class, updated_at) values ('match', 'Match', 'booking_fee', 250000, 'E', now())",
  );
});
afterAll(() => world.stop());

const forget = () => world.database.sql('update idempotency_keys set status = null, body = null');
const marks = ({ status, headers }: Response) => [
  ...[status, headers.get('idempotent-replayed'), headers.get('content-type'), headers.get('cache-control')],
];

test('a prompt: its payment, in its own language', async () => {
  const body = { phoneNumber: newPhone(), items: [{ sku: 'coffee' }], language: 'sw' };
  const send = () => world.send('POST', '/api/payments/stk-push', { body, headers: { 'idempotency-key': 'prompt-key-1' } });
  const first = await send();
  const { paymentId } = (await first.clone().json()) as { paymentId: string };
  await forget();
  await world.clock.advance(76_000);
  const repeat = await send();
  const said = (await repeat.clone().json()) as Record<string, unknown>;
  expect(marks(repeat)).toEqual([200, 'true', 'application/json', first.headers.get('cache-control')]);
  expect(said).toEqual(await statusOf(world, paymentId));
  expect(said.customerMessage).toMatch(/^PIN haikuwekwa/);
});

test('a booking: as it stands, the same whether it was paid meanwhile or not', async () => {
  const body = { sku: 'match', phoneNumber: newPhone() };
  const send = () => world.send('POST', '/api/bookings', { body, headers: { 'idempotency-key': 'booking-key-1' } });
  const first = await send();
  expect(marks(first).slice(0, 2)).toEqual([201, null]);
  await forget();
  const repeat = await send();
  expect(marks(repeat)).toEqual([200, 'true', 'application/json', first.headers.get('cache-control')]);
  expect(await repeat.json()).toEqual(await first.json());
  const [{ count } = { count: 0 }] = await world.database.sql<{ count: number }>('select count(*)::int from bookings');
  expect(count).toBe(1);
});
