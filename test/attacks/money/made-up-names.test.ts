import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const NEIGHBOUR = '254711000999';

test('a made-up receipt that bears the reference of a prompt takes no doubt off its real one, which was told for a word: one movement, and nothing of it leaves', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1601);
  const [real, madeUp] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(4);
  await s.told(madeUp, 1601, owed.reference, owed.phone);
  s.proves(real, 1601, owed.phone);
  await s.told(real, 1601, 'SCHOOL', owed.phone, 'full');
  await s.minutes(30);
  expect(await s.grown()).toMatchObject({ paybill_float: 1601 });
  expect(await s.giveBack(real, owed.phone)).not.toBe(200);
  expect(await s.grown()).toMatchObject({ paybill_float: 1601 });
});

test('the same where the real receipt is told and proved before the query says paid', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1602);
  const [real, madeUp] = [s.receipt(), s.receipt()];
  s.proves(real, 1602, owed.phone);
  await s.told(real, 1602, 'SCHOOL', owed.phone);
  await s.minutes(3);
  await s.told(madeUp, 1602, owed.reference, owed.phone);
  s.queried(owed);
  await s.minutes(30);
  expect(await s.grown()).toMatchObject({ paybill_float: 1602 });
});

test('the same where the real receipt is told for a second order: it is not proved to be paid', async () => {
  const s = await openScene(stage);
  const [owed, other] = [await s.owe(1603), await s.owe(1603, NEIGHBOUR)];
  const [real, madeUp] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(4);
  await s.told(madeUp, 1603, owed.reference, owed.phone);
  s.proves(real, 1603, owed.phone);
  await s.told(real, 1603, other.reference, owed.phone);
  await s.minutes(30);
  expect(await s.grown()).toMatchObject({ paybill_float: 1603 });
});

test('the same where the made-up one bears no reference, and is tied by the payer', async () => {
  const s = await openScene(stage);
  const [owed, other] = [await s.owe(1604), await s.owe(1604, NEIGHBOUR)];
  const [real, madeUp] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(4);
  await s.told(madeUp, 1604, '', owed.phone);
  s.proves(real, 1604, owed.phone);
  await s.told(real, 1604, other.reference, owed.phone);
  await s.minutes(30);
  expect(await s.grown()).toMatchObject({ paybill_float: 1604 });
});

test('it heals with the late callback: the prompt has its receipt, the made-up one stays told', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1605);
  const [real, madeUp] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(4);
  await s.told(madeUp, 1605, owed.reference, owed.phone);
  s.proves(real, 1605, owed.phone);
  await s.told(real, 1605, 'SCHOOL', owed.phone);
  await s.minutes(30);
  expect(await s.calledBack(owed, real, 1605)).toBe(200);
  await s.minutes(5);
  expect(await s.grown()).toMatchObject({ paybill_float: 1605, paybill_told: 1605 });
});

test('two real payments: the doubted one is proved as soon as the receipt that the prompt has by its reference is', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1606);
  const [school, own] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(4);
  await s.told(own, 1606, owed.reference, owed.phone);
  s.proves(school, 1606, owed.phone);
  await s.told(school, 1606, 'SCHOOL', owed.phone);
  await s.minutes(6);
  expect(await s.grown()).toMatchObject({ paybill_float: 1606, paybill_told: 1606 });
  s.proves(own, 1606, owed.phone);
  await s.minutes(90);
  expect(await s.grown()).toEqual({ paybill_float: 3212, suspense: 1606, donations: 1606 });
});

test('a prompt without callback keeps no honest payment of somebody else in doubt', async () => {
  const s = await openScene(stage);
  const [owed, honest] = [await s.owe(1607), await s.owe(1607, NEIGHBOUR)];
  const [own, other] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(4);
  s.proves(other, 1607, NEIGHBOUR);
  await s.told(other, 1607, honest.reference, NEIGHBOUR);
  await s.minutes(30);
  expect(await s.grown()).toMatchObject({ paybill_float: 3214 });
  s.proves(own, 1607, owed.phone);
  await s.told(own, 1607, owed.reference, owed.phone);
  await s.minutes(30);
  expect(await s.grown()).toEqual({ paybill_float: 3214, donations: 3214 });
});
