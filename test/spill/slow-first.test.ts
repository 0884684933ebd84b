import { afterAll, beforeAll, expect, test } from 'vitest';
import { readInSpilled } from '#mpesa/spill/read-in-spilled.ts';
import { spilledCallbacks } from '#mpesa/spill/spilled-callbacks.ts';
import { waitingPrompt } from '../attacks/waiting-prompt.ts';
import { newReceipt, noticeBody } from '../paybill/paybill.ts';
import { statusOf } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';
import { keep } from './kept.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ blobs: true });
});
afterAll(() => world.stop());

test('some kept notices that take too long to settle keep no later callback from being read in: it was answered 200', async () => {
  for (let n = 0; n < 8; n++) {
    await keep(world, { way: 'c2b-confirmation', body: noticeBody({ TransID: newReceipt(world.clock.now()) }) });
    await world.clock.advance(1_000);
  }
  world.simulator.control.plan({ next: 1, outcome: 'paid', delayMs: 24 * 3_600_000 }); // its callback is ours to post
  const prompt = await waitingPrompt(world);
  await keep(world, { way: 'stk', subjectId: prompt.attemptId, body: prompt.paidBody });
  // as a notice of an amount that a crowd pays (crowd.test.ts): the database answers, and that one statement has not ended in time
  const tooLong = async () => {
    throw new Error('Error connecting to database: TimeoutError: The operation was aborted due to timeout');
  };
  const read = readInSpilled({ ...spilledCallbacks, 'c2b-confirmation': tooLong });
  for (let minute = 0; minute < 5; minute++) {
    await world.clock.advance(60_000);
    await expect(read(world.app, new Date(world.clock.now().getTime() + 14_000))).rejects.toThrow('8 callbacks'); // they stay, and are seen in the log
  }
  expect(await statusOf(world, prompt.paymentId)).toMatchObject({ status: 'paid' });
});
