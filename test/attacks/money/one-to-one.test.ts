import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { payerOf } from '#mpesa/payments/payer.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const [AMINA, BARAKA, CHEBET] = ['254711000111', '254711000222', '254711000333'] as const;

/** The line of a list without a reference; without a phone it shows nothing of who paid. */
async function listed(receipt: string, shillings: number, at: Date, phone?: string) {
  const payer = phone === undefined ? {} : payerOf({ tail: phone.slice(-3) }, undefined);
  const settled = await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'pull', [
    { receipt, amountCents: BigInt(shillings) * 100n, shortcode: stage.shortcode, prompts: true, payer, times: [at] },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(stage.world.app, depositId);
  return settled.map(({ verdict }) => verdict);
}

/** The receipt that each prompt has, oldest prompt first. */
const names = async (shillings: number) =>
  (
    await stage.world.database.sql<{ receipt: string | null }>(
      'select d.receipt from deposits d join attempts a on a.id = d.attempt_id where d.amount_cents = $1 and d.merged_into is null order by a.created_at, a.id',
      [shillings * 100],
    )
  ).map(({ receipt }) => receipt);

test('two prompts and two lines, one of which shows no number and comes first: two bookings', async () => {
  const s = await openScene(stage);
  const first = await s.owe(1701, AMINA);
  const at = stage.world.clock.now();
  const second = await s.owe(1701, BARAKA);
  s.queried(first, second);
  await s.minutes(3);
  const [hidden, masked] = [s.receipt(), s.receipt()];
  expect(await listed(hidden, 1701, at)).toEqual(['fills']);
  expect(await listed(masked, 1701, at, AMINA)).toEqual(['fills']);
  await s.minutes(5);
  expect(await s.grown()).toEqual({ paybill_float: 3402, donations: 3402 });
  expect(await names(1701)).toEqual([masked, hidden]);
});

test('the same along a chain: each line moves on to the next prompt that it fits', async () => {
  const s = await openScene(stage);
  const start = stage.world.clock.now();
  const at = (seconds: number) => new Date(start.getTime() + seconds * 1_000);
  const paid = [await s.owe(1702, AMINA)];
  const [early, late, masked] = [s.receipt(), s.receipt(), s.receipt()];
  s.queried(...paid);
  await s.minutes(3);
  paid.push(await s.owe(1702, BARAKA));
  expect(await listed(early, 1702, at(170))).toEqual(['fills']);
  s.queried(...paid);
  await s.minutes(3);
  paid.push(await s.owe(1702, CHEBET));
  expect(await listed(late, 1702, at(330))).toEqual(['fills']);
  s.queried(...paid);
  await s.minutes(3);
  expect(await names(1702)).toEqual([early, late, null]);
  expect(await listed(masked, 1702, at(100), AMINA)).toEqual(['fills']);
  await s.minutes(3);
  expect(await names(1702)).toEqual([masked, early, late]);
  expect(await s.grown()).toEqual({ paybill_float: 3 * 1702, donations: 3 * 1702 });
});

test('two notices without a reference: the masked one takes the prompt that the other one had by its time', async () => {
  const s = await openScene(stage);
  const first = await s.owe(1703, AMINA);
  const second = await s.owe(1703, BARAKA);
  s.queried(first, second);
  await s.minutes(3);
  const [hidden, masked] = [s.receipt(), s.receipt()];
  await s.told(hidden, 1703, '', '');
  const taken = (await names(1703)).indexOf(hidden);
  await s.told(masked, 1703, '', taken === 0 ? first.phone : second.phone);
  await s.minutes(5);
  expect((await names(1703)).sort()).toEqual([hidden, masked].sort());
  expect(await s.grown()).toEqual({ paybill_float: 3406, donations: 3406 });
});

test('the second success is known last: it takes the line that shows no number, and the masked one the first', async () => {
  const s = await openScene(stage);
  const first = await s.owe(1704, AMINA);
  const at = stage.world.clock.now();
  const second = await s.owe(1704, BARAKA);
  s.queried(first);
  await s.minutes(3);
  const [hidden, masked] = [s.receipt(), s.receipt()];
  expect(await listed(hidden, 1704, at)).toEqual(['fills']);
  expect(await listed(masked, 1704, at, AMINA)).toEqual(['arrives']);
  await s.minutes(1);
  s.queried(first, second);
  await s.minutes(20);
  expect(await s.grown()).toEqual({ paybill_float: 3408, donations: 3408 });
  expect(await names(1704)).toEqual([masked, hidden]);
});

test('a line moves on to the prompt that has a made-up receipt by a guess: what is only told makes room for it', async () => {
  const s = await openScene(stage);
  const first = await s.owe(1705, AMINA);
  const at = stage.world.clock.now();
  const second = await s.owe(1705, BARAKA);
  s.queried(first, second);
  await s.minutes(3);
  const [forged, hidden, masked] = [s.receipt(), s.receipt(), s.receipt()];
  await s.told(forged, 1705, '', BARAKA);
  expect(await listed(hidden, 1705, at)).toEqual(['fills']);
  expect(await listed(masked, 1705, at, AMINA)).toEqual(['fills']);
  await s.minutes(5);
  expect(await names(1705)).toEqual([masked, hidden]);
  expect(await s.grown()).toMatchObject({ paybill_float: 3410, paybill_told: 1705 });
});
