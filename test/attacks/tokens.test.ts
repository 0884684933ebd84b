import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createApp, useApp } from '#app.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { newPhone } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

const AT_ONCE = 32;
const INSTANCES = 4;

let world: World;
let instances: App[];
beforeAll(async () => {
  world = await startWorld();
});
beforeEach(() => {
  instances = Array.from({ length: INSTANCES }, () => createApp(world.app.config, { clock: world.clock, log: world.app.log }));
});
afterAll(() => world.stop());

let address = 0;

/** Prompts from every instance at once, each to a new phone, and what that cost Safaricom. */
async function stampede() {
  const { tokenCalls, promptsAccepted } = world.simulator.control.truth();
  const pushes = Array.from({ length: AT_ONCE }, (_, n) => {
    useApp(instances[n % INSTANCES] ?? world.app);
    address += 1;
    return world.send('POST', '/api/payments/stk-push', {
      body: { phoneNumber: newPhone(), items: [{ sku: 'coffee' }] },
      ip: `192.0.2.${address % 250}`,
    });
  });
  const statuses = (await Promise.all(pushes)).map(({ status }) => status);
  const after = world.simulator.control.truth();
  return {
    accepted: statuses.filter((status) => status === 201).length,
    prompts: after.promptsAccepted - promptsAccepted,
    tokens: after.tokenCalls - tokenCalls,
  };
}

test('one token is fetched for all, however many instances start at once with none', async () => {
  expect(await stampede()).toEqual({ accepted: AT_ONCE, prompts: AT_ONCE, tokens: 1 });
});

test('an instance that starts later finds the token of the others', async () => {
  expect(await stampede()).toEqual({ accepted: AT_ONCE, prompts: AT_ONCE, tokens: 0 });
});

test('a token that expired is replaced once', async () => {
  expect((await stampede()).tokens).toBe(0); // all instances remember it
  await world.clock.advance(3_600_000);
  expect(await stampede()).toEqual({ accepted: AT_ONCE, prompts: AT_ONCE, tokens: 1 });
});

test.each(['404.001.03', '400.003.01', '401.002.01'] as const)(
  'a token that Safaricom takes back (%s) is replaced once, and each prompt is sent once',
  async (invalidToken) => {
    await stampede();
    world.simulator.control.switch({ invalidToken });
    world.simulator.control.cancelTokens();
    await world.clock.advance(1_000);
    expect(await stampede()).toEqual({ accepted: AT_ONCE, prompts: AT_ONCE, tokens: 1 });
    await world.clock.advance(3_600_000);
  },
);
