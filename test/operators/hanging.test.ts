import { afterAll, beforeAll, expect, test } from 'vitest';
import { push } from '../world/checkout.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('while Safaricom hangs, mails leave as fast as ever, and callbacks are answered', async () => {
  const waiting = await push(world);
  await world.clock.advance(20_000); // the ladder is due to ask
  const { prompt } = await push(world, { email: 'atieno@example.com' });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.clock.advance(2_000);
  await world.settled();

  world.simulator.control.fault({ api: 'stkquery', fault: 'slow', ms: 4_000, times: 5 });
  const run = strike('scheduled-minute');
  const began = performance.now();
  while (world.inbox.messages().length === 0 && performance.now() - began < 3_500) await new Promise((soon) => setTimeout(soon, 50));
  expect(world.inbox.messages()).toHaveLength(1);
  expect(await run).toMatchObject({ resolve: { asked: expect.any(Number) }, deliver: { sent: 1 } });
  expect(waiting.response.status).toBe(201);
});
