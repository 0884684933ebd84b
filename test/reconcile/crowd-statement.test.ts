import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScene } from '../attacks/money/scene.ts';
import { type Stage, startStage } from '../proof/stage.ts';
import { newPhones, newReceipt, type Owed } from '../proof/world-of-money.ts';
import { imported } from './importing.ts';
import { paid, portalFile } from './portal-file.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const CROWD = 150;
const LINES = 4000;
const FARE = 50;

test('a statement of a day on which thousands paid one fare, and of 150 prompts nobody but a query has told how they ended', {
  timeout: 900_000,
}, async () => {
  const scene = await openScene(stage);
  const owed: Owed[] = [];
  for (let n = 0; n < CROWD; n++) owed.push(await scene.owe(FARE, newPhones().other));
  scene.queried(...owed);
  const at = stage.world.clock.now();
  for (let n = 0; n < 8; n++) await scene.minutes(1);
  await stage.world.clock.advance(3_600_000);
  const masked = (phone: string) => `${phone.slice(0, 5)}****${phone.slice(-3)} - JANE **** DOE`;
  const lines = Array.from({ length: LINES }, (_, n) =>
    paid(newReceipt(at), at, FARE, '', masked(owed[n]?.phone ?? `25471${String(n).padStart(7, '0')}`)),
  );
  await imported(stage.world, portalFile(stage.shortcode, at, at, 0, lines));
  // each request has five seconds
  expect(stage.world.logLines.filter((line) => /after_answer_failed|job_step_failed/.test(line))).toEqual([]);
});
