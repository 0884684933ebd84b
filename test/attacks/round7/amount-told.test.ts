import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleReceipts } from '../../../src/payments/settle-receipts.ts';
import { type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from '../money/scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const openTasks = (receipt: string) =>
  stage.world.database.sql('select kind from reviews where closed_at is null and subject = $1', [receipt]);

test('a receipt that was told with two amounts: the task closes when the right one is proved, as operations.md says', async () => {
  const s = await openScene(stage);
  const real = s.receipt();
  s.proves(real, 1801);
  await s.told(real, 1801, 'HELLO');
  await s.told(real, 1802, 'HELLO');
  expect(await openTasks(real)).toEqual([{ kind: 'evidence_amount_differs' }]);
  await s.minutes(8);
  expect((await s.deposits(1801)).map(({ proved }) => proved)).toEqual([true]);
  expect(await openTasks(real)).toEqual([]);
});

test('the same where the first amount was the lie, and a list has the right one', async () => {
  const s = await openScene(stage);
  const real = s.receipt();
  await s.told(real, 1804, 'HELLO');
  await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'pull', [
    {
      receipt: real,
      amountCents: 180_300n,
      typedReference: 'HELLO',
      shortcode: stage.shortcode,
      prompts: true,
      times: [stage.world.clock.now()],
    },
  ]);
  await s.minutes(2);
  expect((await s.deposits(1803)).map(({ proved }) => proved)).toEqual([true]);
  expect(await openTasks(real)).toEqual([]);
});
