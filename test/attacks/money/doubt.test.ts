import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const doubted = async () =>
  (await stage.world.database.sql<{ subject: string }>("select subject from reviews where kind = 'receipt_doubted' and closed_at is null"))
    .length;

test('a receipt that was told for a word nobody knows is told again when a prompt of its amount and time turns out paid without one', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1501);
  const r = s.receipt();
  s.proves(r, 1501, owed.phone);
  await s.told(r, 1501, 'SCHOOL', owed.phone);
  await s.minutes(6);
  expect(await s.grown()).toMatchObject({ paybill_float: 1501 });
  s.queried(owed);
  await s.minutes(20);
  expect(await s.grown()).toMatchObject({ paybill_float: 1501, paybill_told: 1501 });
  expect(await doubted()).toBe(1);
});

test('two real payments of one amount: the doubted one is proved as soon as the prompt has a receipt of its own', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1502);
  const [prompt, school] = [s.receipt(), s.receipt()];
  s.proves(school, 1502, owed.phone);
  await s.told(school, 1502, 'SCHOOL', owed.phone);
  s.queried(owed);
  await s.minutes(20);
  const before = await doubted();
  expect(await s.grown()).toMatchObject({ paybill_float: 1502, paybill_told: 1502 });
  expect(await s.calledBack(owed, prompt, 1502)).toBe(200);
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 3004, suspense: 1502, donations: 1502 });
  expect(await doubted()).toBe(before - 1);
});

test('the same where a notice names the prompt and status proves it', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1503);
  const [prompt, school] = [s.receipt(), s.receipt()];
  s.proves(school, 1503, owed.phone);
  s.proves(prompt, 1503, owed.phone);
  await s.told(school, 1503, 'SCHOOL', owed.phone);
  s.queried(owed);
  await s.minutes(20);
  await s.told(prompt, 1503, owed.reference, owed.phone);
  await s.minutes(20);
  expect(await s.grown()).toEqual({ paybill_float: 3006, suspense: 1503, donations: 1503 });
});

test('the prompt turns out to be the doubted receipt: one movement', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1504);
  const r = s.receipt();
  s.proves(r, 1504, owed.phone);
  await s.told(r, 1504, 'SCHOOL', owed.phone);
  s.queried(owed);
  await s.minutes(20);
  const before = await doubted();
  expect(await s.calledBack(owed, r, 1504)).toBe(200);
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 1504, donations: 1504 });
  expect(await doubted()).toBe(before - 1);
});

test('one prompt without a receipt casts doubt on one receipt, not on all of its minute', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1505);
  const school = [s.receipt(), s.receipt(), s.receipt()];
  for (const r of school) {
    s.proves(r, 1505, owed.phone);
    await s.told(r, 1505, 'SCHOOL', owed.phone);
  }
  s.queried(owed);
  await s.minutes(20);
  expect(await s.grown()).toMatchObject({ paybill_float: 3 * 1505, paybill_told: 1505 });
});
