import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { signedIn } from '../../world/person.ts';
import { strike } from '../../world/route.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

/** A payout that Safaricom was asked for, and has not answered. */
async function payoutUnderWay(amount: number) {
  const { world } = stage;
  const body = { amount, reason: 'Rent', phoneNumber: newPhones().other };
  const asked = await world.send('POST', '/api/payouts', { body, headers: await signedIn(world, 'treasurer') });
  const { payoutId } = (await asked.json()) as { payoutId: string };
  await world.send('POST', `/api/payouts/${payoutId}/decision`, { body: {}, headers: await signedIn(world, 'admin') });
  await strike('scheduled-minute');
  await world.settled();
  const sent = stage.safaricom.waiting.find(({ api }) => api === 'b2c');
  if (!sent) throw new Error('It was not sent.');
  return sent;
}

test('the receipt of a payout was told for a prompt, and what the prompt brought waits in suspense: when the payout is known as paid, that is the prompt’s own', async () => {
  const [shillings, paidOut] = [1971, 500];
  const s = await openScene(stage);
  const owed = await s.owe(shillings);
  const [ours, own] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(2);
  const sent = await payoutUnderWay(paidOut);
  await s.told(ours, shillings, owed.reference, owed.phone); // a lie: the receipt is that of our payout
  await s.told(own, shillings, '', owed.phone);
  expect(await s.grown()).toMatchObject({ paybill_told: shillings, suspense: shillings });
  sent.receipt = ours;
  await s.answer();
  expect(await s.grown()).toMatchObject({ paybill_float: shillings - paidOut, donations: shillings });
  expect(await s.grown()).not.toHaveProperty('suspense');
  const named = await stage.world.database.sql('select receipt from deposits where attempt_id = $1', [owed.attemptId]);
  expect(named).toEqual([{ receipt: own }]);
});
