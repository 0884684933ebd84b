import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

/** A list has a payment whose payer wrote nothing, or `typedReference`. */
async function listed(receipt: string, shillings: number, at: Date, typedReference = '') {
  const settled = await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'pull', [
    { receipt, amountCents: BigInt(shillings) * 100n, typedReference, shortcode: stage.shortcode, prompts: true, times: [at] },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(stage.world.app, depositId);
  return settled.map(({ verdict }) => verdict);
}

test("a prompt's receipt, told under a word, which a list has corrected before the query says paid, is that prompt's money: one movement, not two", async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1641);
  const [real, at] = [s.receipt(), stage.world.clock.now()];
  await s.minutes(6);
  await s.told(real, 1641, 'SCHOOL', owed.phone, 'full', at);
  expect(await listed(real, 1641, at)).toEqual(['proves']);
  expect(await s.grown()).toEqual({ paybill_float: 1641, suspense: 1641 }); // parked a second time
  s.queried(owed);
  await stage.world.clock.advance(6 * 3_600_000); // it is asked about once more
  await s.minutes(3);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  expect(await s.grown()).toEqual({ paybill_float: 1641, donations: 1641 });
}, 120_000);

test('the same by the callback, which names it', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1642);
  const [real, at] = [s.receipt(), stage.world.clock.now()];
  await s.minutes(6);
  await s.told(real, 1642, 'SCHOOL', owed.phone, 'full', at);
  await listed(real, 1642, at);
  await s.calledBack(owed, real, 1642);
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 1642, donations: 1642 });
  expect((await s.deposits(1642)).filter(({ merged }) => !merged)).toMatchObject([{ receipt: real, prompted: true, proved: true }]);
});
