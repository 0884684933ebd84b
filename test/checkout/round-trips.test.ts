import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createApp, useApp } from '#app.ts';
import { afterAnswer } from '#http/after-answer.ts';
import { callbackBody, latestAttempt, type Pushed, push } from '../world/checkout.ts';
import { sqlRequests } from '../world/count-requests.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await push(world); // the connection's and the token's first time
});
afterAll(() => world.stop());

/** Round trips to the database before the answer; the work after it is waited for, but not counted. */
async function tripsBeforeAnswer(
  method: string,
  path: string,
  options: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<number> {
  await world.settled();
  await world.database.resetRoundTrips();
  const before = sqlRequests();
  await world.send(method, path, { ...options, patient: false });
  const trips = sqlRequests() - before;
  expect((await world.database.traffic()).http).toBeGreaterThanOrEqual(trips); // the database has counted them as well
  await world.settled();
  return trips;
}

const checkout = (phoneNumber: string) => ({ phoneNumber, items: [{ sku: 'coffee' }] });

test('a prompt costs two round trips, before and after Safaricom, however little this instance remembers', async () => {
  expect(await tripsBeforeAnswer('POST', '/api/payments/stk-push', { body: checkout('0712000001') })).toBe(2);
});

test('an instance that remembers nothing takes the token that the others share, in the same two round trips', async () => {
  const { app } = world;
  const { tokenCalls } = world.simulator.control.truth();
  useApp(createApp(app.config, app));
  expect(await tripsBeforeAnswer('POST', '/api/payments/stk-push', { body: checkout('0712000009') })).toBe(2);
  expect(world.simulator.control.truth().tokenCalls).toBe(tokenCalls);
  useApp(app);
});

test('a prompt costs one more while nobody has a token', async () => {
  await world.database.sql('delete from provider_tokens');
  await world.clock.advance(3_600_000);
  expect(await tripsBeforeAnswer('POST', '/api/payments/stk-push', { body: checkout('0712000002') })).toBe(3);
});

test('a replay costs one', async () => {
  const headers = { 'idempotency-key': 'a-key-of-its-own-1' };
  await world.send('POST', '/api/payments/stk-push', { body: checkout('0712000003'), headers });
  expect(await tripsBeforeAnswer('POST', '/api/payments/stk-push', { body: checkout('0712000003'), headers })).toBe(1);
});

test('a status costs one, also when the callback is late and Safaricom is asked afterwards', async () => {
  const { paymentId } = await push(world);
  expect(await tripsBeforeAnswer('GET', `/api/payments/${paymentId}`)).toBe(1);
  await world.clock.advance(16_000);
  const { queryCalls } = world.simulator.control.truth();
  expect(await tripsBeforeAnswer('GET', `/api/payments/${paymentId}`)).toBe(1);
  expect(world.simulator.control.truth().queryCalls).toBe(queryCalls + 1);
});

test('a refused request that could not be for us costs none', async () => {
  expect(await tripsBeforeAnswer('GET', '/api/payments/not-an-id')).toBe(0);
  expect(await tripsBeforeAnswer('POST', '/api/payments/stk-push', { body: { phoneNumber: '12' } })).toBe(0);
});

let pushed: Pushed;
let path: string;

beforeEach(async () => {
  pushed = await push(world);
  ({ path } = await latestAttempt(world, pushed.paymentId));
});

test('a callback costs one: the first, a duplicate and a late one', async () => {
  if (!pushed.prompt) throw new Error('no prompt');
  const body = callbackBody(pushed.prompt, { receipt: 'UKLAAAAAA1' });
  expect(await tripsBeforeAnswer('POST', path, { body })).toBe(1);
  expect(await tripsBeforeAnswer('POST', path, { body })).toBe(1);

  const late = await push(world);
  if (!late.prompt) throw new Error('no prompt');
  await world.pass(25);
  const attempt = await latestAttempt(world, late.paymentId);
  expect(await tripsBeforeAnswer('POST', attempt.path, { body: callbackBody(late.prompt, { receipt: 'UKLAAAAAA2' }) })).toBe(1);
});

test('a forged callback costs none', async () => {
  expect(await tripsBeforeAnswer('POST', `${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`, { body: '{}' })).toBe(0);
  expect(await tripsBeforeAnswer('POST', '/api/callbacks/stk/short', { body: '{}' })).toBe(0);
});

test('what follows an answer takes no step before the answer has been handed over', async () => {
  const order: string[] = [];
  const following = afterAnswer(async () => order.push('the work after it'));
  for (let n = 0; n < 20; n++) await Promise.resolve(); // an answer goes through some promises
  order.push('the answer');
  await following;
  expect(order).toEqual(['the answer', 'the work after it']);
});
