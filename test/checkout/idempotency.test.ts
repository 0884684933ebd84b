import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey } from '#people/auth/api-keys.ts';
import { newPhone, push, statusOf } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

let made = 0;
const newKey = () => ({ 'idempotency-key': `basket-number-${made++}` });
const checkout = (phoneNumber = newPhone()) => ({ phoneNumber, items: [{ sku: 'coffee', quantity: 1 }] });
const send = (body: unknown, headers: Record<string, string>) => world.send('POST', '/api/payments/stk-push', { body, headers });
const promptsSent = () => world.simulator.control.truth().promptsAccepted;

test('the same request twice is one prompt and the same bytes', async () => {
  const [body, key, before] = [checkout(), newKey(), promptsSent()];
  const first = await send(body, key);
  const second = await send(body, key);
  expect(await second.text()).toBe(await first.text());
  expect([first.status, second.status]).toEqual([201, 201]);
  expect([first.headers.get('idempotent-replayed'), second.headers.get('idempotent-replayed')]).toEqual([null, 'true']);
  expect(promptsSent()).toBe(before + 1);
});

test('a refusal of Safaricom is replayed to the byte too', async () => {
  const [body, key] = [checkout('0711111116'), newKey()];
  const first = await send(body, key);
  const second = await send(body, key);
  expect(first.status).toBe(409);
  expect(first.headers.get('content-type')).toBe('application/problem+json');
  expect(second.headers.get('content-type')).toBe('application/problem+json');
  expect(await second.text()).toBe(await first.text());
});

test('32 at once are one prompt: the others hear that it is in flight, or the answer', async () => {
  const [body, key, before] = [checkout(), newKey(), promptsSent()];
  const answers = await Promise.all(Array.from({ length: 32 }, () => send(body, key)));
  expect(promptsSent()).toBe(before + 1);
  const inFlight = answers.filter(({ status }) => status === 409);
  const accepted = answers.filter(({ status }) => status === 201);
  expect(accepted).not.toEqual([]);
  expect(accepted.length + inFlight.length).toBe(32);
  const { paymentId } = (await (accepted[0] as Response).json()) as { paymentId: string };
  for (const answer of inFlight) expect(await answer.json()).toMatchObject({ code: 'request_in_flight', paymentId });
});

test('a key that comes with another body is refused', async () => {
  const key = newKey();
  await send(checkout(), key);
  const other = await send(checkout(), key);
  expect([other.status, ((await other.json()) as { code: string }).code]).toEqual([422, 'key_reused']);
});

test.each(['short', 'a key with spaces', 'naïve-naïve-naïve', 'x'.repeat(256)])(
  'the malformed key %j is refused before anything is written',
  async (key) => {
    const before = await world.database.sql('select count(*) from payments');
    const answer = await send(checkout(), {
      'idempotency-key': encodeURIComponent(key) === key ? key : Buffer.from(key).toString('latin1'),
    });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, 'invalid_idempotency_key']);
    expect(await world.database.sql('select count(*) from payments')).toEqual(before);
  },
);

test('a refused request frees its key: the same key works once the reason is gone', async () => {
  const [phone, key] = [newPhone(), newKey()];
  await send(checkout(phone), {});
  const refused = await send(checkout(phone), key);
  expect(((await refused.json()) as { code: string }).code).toBe('prompt_open');
  await world.clock.advance(80_000);
  expect((await send(checkout(phone), key)).status).toBe(201);
});

test('after a crash between writing and answering, a repeat hears the present state and nobody is prompted again', async () => {
  const [body, key] = [checkout(), newKey()];
  const { paymentId } = (await (await send(body, key)).json()) as { paymentId: string };
  await world.database.sql('update idempotency_keys set status = null, body = null where payment_id = $1', [paymentId]);
  const before = promptsSent();
  expect((await send(body, key)).status).toBe(409);
  await world.clock.advance(76_000);
  const repeat = await send(body, key);
  expect([repeat.status, await repeat.json()]).toEqual([200, await statusOf(world, paymentId)]);
  expect(promptsSent()).toBe(before);
});

test('keys are kept for 72 hours and then forgotten', async () => {
  const [body, key] = [checkout(), newKey()];
  const first = await send(body, key);
  await world.clock.advance(71 * 3_600_000);
  await world.pass(1);
  expect(await (await send(body, key)).text()).toBe(await first.clone().text());
  await world.clock.advance(2 * 3_600_000);
  await world.pass(1);
  expect(await (await send(body, key)).text()).not.toBe(await first.text());
});

test('a caller with an API key has keys of its own', async () => {
  const { token } = await createApiKey(world.app.db, { name: 'server', scopes: [], now: world.clock.now() });
  const key = newKey();
  const visitor = await push(world, {}, key);
  const server = await push(world, {}, { ...key, authorization: `Bearer ${token}` });
  expect([visitor.response.status, server.response.status]).toEqual([201, 201]);
});
