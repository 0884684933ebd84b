import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScene } from '../attacks/money/scene.ts';
import { noticeBody } from '../proof/bodies.ts';
import { post, type Stage, startStage } from '../proof/stage.ts';
import { newPhones } from '../proof/world-of-money.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

// The clock stands at 21 November: L.
test.each([
  ['UKL7654321', 'of its day', undefined, 'paid'],
  ['UKL7654322', 'of the day on which it is heard, without a time', 'noon', 'paid'],
  ['UKV7654321', 'of 31 November', undefined, 'unknown'],
  ['UBU7654321', 'of 30 February', undefined, 'unknown'],
  ['UKA7654321', 'of another day, without a time', 'noon', 'unknown'],
])('a notice whose receipt %s is %s', async (receipt, _, time, status) => {
  const s = await openScene(stage);
  const owed = await s.owe(1501, newPhones().other);
  await s.minutes(6);
  const { shortcode } = stage;
  const at = stage.world.clock.now();
  const body = noticeBody({ receipt, shillings: 1501, reference: owed.reference, at, msisdn: '2547 ***** 126', shortcode });
  await post(stage, 'c2b-confirmation', stage.confirmationPath, time ? body.replace(/"TransTime":"\d+"/, `"TransTime":"${time}"`) : body);
  await s.minutes(1);
  expect(await s.payment(owed)).toMatchObject({ status });
});
