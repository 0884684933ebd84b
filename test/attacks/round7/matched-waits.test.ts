import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirm, deposits, match, newReceipt, noticeBody, register, tellsNow } from '../../paybill/paybill.ts';
import { callbackBody, latestAttempt, push, statusOf } from '../../world/checkout.ts';
import { startWorld, type World } from '../../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { WAIT_FOR_PROOF: 'donation' } });
  await register(world);
});
afterAll(() => world.stop());

test('told money that a person matches to it makes it paid no sooner', async () => {
  const gift = await push(world, { type: 'donation', items: [{ sku: 'gift', amount: 335 }] });
  await world.send('POST', (await latestAttempt(world, gift.paymentId)).path, {
    body: callbackBody(gift.prompt as never, { resultCode: 1032 }),
  });
  const { TransTime } = tellsNow(world);
  const TransID = newReceipt(world.clock.now());
  await confirm(world, noticeBody({ TransID, TransTime, TransAmount: '335', BillRefNumber: 'HELLO' }));
  const waiting = (await deposits(world)).find(({ receipt }) => receipt === TransID);
  const matched = await match(world, waiting?.depositId ?? '', { paymentId: gift.paymentId });
  const status = await statusOf(world, gift.paymentId);
  expect({ matched: matched.status, status: status.status, proved: status.proved }).not.toMatchObject({
    matched: 200,
    status: 'paid',
    proved: false,
  });
});
