import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

/** Two prompts of one amount are paid and their callbacks lost; the receipt of the first is told with the reference of the second. */
async function borrowed(shillings: number, phones: [string, string]) {
  const s = await openScene(stage);
  const [first, second] = [await s.owe(shillings, phones[0]), await s.owe(shillings, phones[1])];
  const [real, own] = [s.receipt(), s.receipt()];
  const at = stage.world.clock.now();
  s.queried(first, second);
  await s.minutes(4);
  expect(await s.grown()).toEqual({ paybill_float: 2 * shillings, donations: 2 * shillings });
  await s.told(real, shillings, second.reference, phones[0]);
  return { s, first, second, real, own, at };
}

test('two lines of a list are two bookings, though a notice told the receipt of one prompt for the other', async () => {
  const { s, first, second, real, own, at } = await borrowed(1641, ['254711000101', '254711000102']);
  await s.minutes(1);
  const line = (receipt: string, typedReference: string) => ({
    ...{ receipt, amountCents: 164_100n, typedReference, shortcode: stage.shortcode, prompts: true, times: [at] },
  });
  await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'pull', [
    line(real, first.reference),
    line(own, second.reference),
  ]);
  await s.minutes(5);
  expect(await s.grown()).toEqual({ paybill_float: 3282, donations: 3282 });
  const rows = (await s.deposits(1641)).filter(({ merged }) => merged === false);
  expect(rows.map(({ receipt, prompted, proved }) => ({ receipt, prompted, proved }))).toEqual([
    { receipt: real, prompted: true, proved: true },
    { receipt: own, prompted: true, proved: true },
  ]);
});

test('a status answer that names another payer than the prompt had is no proof for that prompt', async () => {
  const { s, second, real, own } = await borrowed(1642, ['254711000103', '254711000104']);
  s.proves(real, 1642, '254711000103');
  s.proves(own, 1642, '254711000104');
  await s.minutes(6);
  await s.told(own, 1642, second.reference, '254711000104');
  await s.minutes(30);
  expect(await s.grown()).toMatchObject({ paybill_float: 3284 });
});

test('the same where the receipt is told, and proved, before the queries say paid', async () => {
  const s = await openScene(stage);
  const phones = ['254711000105', '254711000106'] as const;
  const [first, second] = [await s.owe(1643, phones[0]), await s.owe(1643, phones[1])];
  const [real, own] = [s.receipt(), s.receipt()];
  s.proves(real, 1643, phones[0]);
  s.proves(own, 1643, phones[1]);
  await s.told(real, 1643, second.reference, phones[0]);
  await s.minutes(3);
  s.queried(first, second);
  await s.minutes(5);
  await s.told(own, 1643, second.reference, phones[1]);
  await s.minutes(30);
  expect(await s.grown()).toMatchObject({ paybill_float: 3286 });
});
