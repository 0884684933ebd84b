import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleConfirmation } from '#mpesa/paybill/settle-confirmation.ts';
import { settleStkCallback } from '#mpesa/payments/settle-stk-callback.ts';
import { noticeBody, noticePaths, owe, tellsNow } from '../paybill/paybill.ts';
import { callbackBody, latestAttempt, push } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

// A function that is killed after its words were settled and before their money is allocated: Safaricom, which read no answer, says them again.

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const invoicesOf = async (paymentId: string) =>
  (await world.database.sql('select from invoices where payment_id = $1', [paymentId])).length;

test('the repeat of a callback allocates what the first one settled', async () => {
  const { paymentId, prompt } = await push(world);
  if (!prompt) throw new Error('no prompt');
  const attempt = await latestAttempt(world, paymentId);
  const body = callbackBody(prompt, { receipt: 'UKLLOST0001' });
  expect(await settleStkCallback(world.app, attempt.id, body)).toMatchObject({ verdict: 'pays', duplicate: false });
  expect(await invoicesOf(paymentId)).toBe(0);

  await world.send('POST', attempt.path, { body });
  expect(await invoicesOf(paymentId)).toBe(1);
  expect(await settleStkCallback(world.app, attempt.id, body)).toMatchObject({ verdict: 'known', duplicate: true, depositId: null });
});

test('the repeat of a notice allocates what the first one settled', async () => {
  const { paymentId, reference } = await owe(world);
  const body = noticeBody({ ...tellsNow(world), BillRefNumber: reference });
  expect(await settleConfirmation(world.app, body)).toMatchObject({ verdict: 'arrives', duplicate: false });
  expect(await invoicesOf(paymentId)).toBe(0);

  await world.send('POST', noticePaths(world).confirmation, { body });
  expect(await invoicesOf(paymentId)).toBe(1);
  expect(await settleConfirmation(world.app, body)).toMatchObject({ verdict: 'known', duplicate: true, depositId: null });
});
