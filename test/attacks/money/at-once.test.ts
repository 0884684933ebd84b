import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

test('many copies of one notice at once, for a word nobody knows: each is answered 200, and one movement is booked', async () => {
  const s = await openScene(stage);
  const r = s.receipt();
  // what they write first waits, so that all of them have looked before one has written
  const held = stage.world.database.sql('do $$ begin lock table evidence in exclusive mode; perform pg_sleep(1); end $$');
  const answers = await Promise.all(Array.from({ length: 24 }, () => s.told(r, 1601, 'SCHOOL')));
  await held;
  expect(new Set(answers)).toEqual(new Set([200]));
  expect(await s.grown()).toEqual({ paybill_told: 1601, suspense: 1601 });
});

test('many notices without a reference at once, and one success without a receipt: one is its name, the others are movements of their own', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1602);
  s.queried(owed);
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 1602, donations: 1602 });
  const receipts = Array.from({ length: 12 }, () => s.receipt());
  const answers = await Promise.all(receipts.map((r) => s.told(r, 1602, '', owed.phone)));
  expect(new Set(answers)).toEqual(new Set([200]));
  const rows = await s.deposits(1602);
  expect(rows.filter(({ receipt }) => receipt !== null)).toHaveLength(12);
  expect(rows.filter(({ prompted }) => prompted)).toHaveLength(1);
});

test('money that may be the echo of an open prompt is not allocated, whoever asks, and is as soon as the prompt has ended', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1603);
  const r = s.receipt();
  await s.told(r, 1603, '', owed.phone);
  const [row] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [r]);
  expect(await allocate(stage.world.app, row?.id ?? '')).toBe('held');
  expect(await s.grown()).toEqual({ paybill_told: 1603, clearing: 1603 });
  await s.minutes(5);
  expect(await s.grown()).toEqual({ paybill_told: 1603, suspense: 1603 });
});
