import { afterEach, beforeEach, expect, test } from 'vitest';
import { listByPull, openScene } from '../attacks/money/scene.ts';
import { type Stage, startStage } from '../proof/stage.ts';
import { newPhones } from '../proof/world-of-money.ts';
import { importedAndSigned } from './importing.ts';
import { portalFile, reversed } from './portal-file.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await startStage();
});
afterEach(() => stage.stop());

test('a prompt had a receipt by its time alone, which was reversed in the portal and taken back; the list then names its own: both are listed again, and nothing comes twice', async () => {
  const shillings = 2_500;
  const scene = await openScene(stage);
  const owed = await scene.owe(shillings, newPhones().other);
  const stranger = newPhones().other;
  const at = stage.world.clock.now();
  const [guessed, own, back] = [scene.receipt(), scene.receipt(), scene.receipt()];
  scene.queried(owed);
  await scene.minutes(3);
  expect(await listByPull(stage, { receipt: guessed, shillings, at })).toEqual([[guessed, 'fills']]);
  await importedAndSigned(
    stage.world,
    portalFile(stage.shortcode, at, at, shillings, [reversed(back, stage.world.clock.now(), shillings, guessed)]),
  );
  await scene.minutes(2);
  expect(await scene.takeBack(guessed)).toBe(200);
  expect(await scene.grown()).toEqual({});
  await listByPull(stage, { receipt: own, shillings, typed: owed.reference, at, phone: owed.phone });
  for (let n = 0; n < 2; n++) {
    await listByPull(
      stage,
      { receipt: own, shillings, typed: owed.reference, at, phone: owed.phone },
      { receipt: guessed, shillings, at, phone: stranger },
    );
    await scene.minutes(2);
  }
  expect.soft(await scene.deposits(shillings)).toMatchObject([
    { receipt: guessed, taken_back: true },
    { receipt: own, prompted: true, taken_back: false },
  ]);
  expect.soft((await scene.grown()).paybill_float).toBe(shillings);
});

test('the same at a till, where its own receipt was listed before as somebody else’s, and the list then shows that a stranger paid the guessed one', async () => {
  const shillings = 2_600;
  const scene = await openScene(stage);
  const owed = await scene.owe(shillings, newPhones().other);
  const stranger = newPhones().other;
  const at = stage.world.clock.now();
  const [guessed, own, back] = [scene.receipt(), scene.receipt(), scene.receipt()];
  scene.queried(owed);
  await scene.minutes(3);
  expect(await listByPull(stage, { receipt: guessed, shillings, at })).toEqual([[guessed, 'fills']]);
  expect(await listByPull(stage, { receipt: own, shillings, at, phone: owed.phone })).toEqual([[own, 'arrives']]);
  await importedAndSigned(
    stage.world,
    portalFile(stage.shortcode, at, at, 2 * shillings, [reversed(back, stage.world.clock.now(), shillings, guessed)]),
  );
  await scene.minutes(2);
  expect(await scene.takeBack(guessed)).toBe(200);
  expect((await scene.grown()).paybill_float).toBe(shillings);
  for (let n = 0; n < 2; n++) {
    await listByPull(stage, { receipt: guessed, shillings, at, phone: stranger }, { receipt: own, shillings, at, phone: owed.phone });
    await scene.minutes(3);
  }
  expect((await scene.grown()).paybill_float).toBe(shillings);
});

test('the same where only a notice had told of the guessed one, and a notice tells the own one', async () => {
  const shillings = 2_700;
  const scene = await openScene(stage);
  const owed = await scene.owe(shillings, newPhones().other);
  const at = stage.world.clock.now();
  const [guessed, own, back] = [scene.receipt(), scene.receipt(), scene.receipt()];
  scene.queried(owed);
  await scene.minutes(3);
  await scene.told(guessed, shillings, '', newPhones().other, 'hashed' as never, at);
  await importedAndSigned(
    stage.world,
    portalFile(stage.shortcode, at, at, shillings, [reversed(back, stage.world.clock.now(), shillings, guessed)]),
  );
  await scene.minutes(2);
  expect(await scene.takeBack(guessed)).toBe(200);
  expect(await scene.grown()).toEqual({});
  await scene.told(own, shillings, owed.reference, owed.phone, 'masked', at);
  await scene.minutes(3);
  await listByPull(
    stage,
    { receipt: own, shillings, typed: owed.reference, at, phone: owed.phone },
    { receipt: guessed, shillings, at, phone: newPhones().other },
  );
  await scene.minutes(3);
  expect((await scene.grown()).paybill_float).toBe(shillings);
});
