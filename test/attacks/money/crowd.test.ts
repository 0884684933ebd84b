import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones, newReceipt, type Owed } from '../../proof/world-of-money.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ tillNumber: '654321' });
  await fillFloat(stage, 1000);
});
afterAll(() => stage.stop());

const CROWD = Number(process.env.CROWD ?? 100);
const FARE = 50;

test('a till at which many pay the same fare: callbacks are lost, a query says "paid", and the list that names them is settled in the time that a request has', {
  timeout: 900_000,
}, async () => {
  const scene = await openScene(stage);
  // yesterday's success whose line never came
  const forgotten = await scene.owe(FARE, newPhones().other);
  scene.queried(forgotten);
  await scene.minutes(3);
  await stage.world.clock.advance(20 * 3_600_000);
  const owed: Owed[] = [];
  for (let n = 0; n < CROWD; n++) owed.push(await scene.owe(FARE, newPhones().other));
  const at = stage.world.clock.now();
  scene.queried(forgotten, ...owed);
  for (let n = 0; n < 8; n++) await scene.minutes(1);
  const line = (receipt: string) => ({
    ...{
      receipt,
      amountCents: BigInt(FARE) * 100n,
      typedReference: undefined,
      payer: {},
      shortcode: stage.shortcode,
      prompts: true,
      times: [at],
    },
  });
  const settle = async (receipts: string[]) => {
    const verdicts = settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'pull', receipts.map(line));
    return verdicts.catch((error: unknown) => String(error));
  };
  const receipts = Array.from({ length: CROWD }, () => newReceipt(at));
  for (let n = 0; n < CROWD; n += 100) await settle(receipts.slice(n, n + 100));
  const one = await settle([newReceipt(at)]);
  const further = await settle(Array.from({ length: 100 }, () => newReceipt(at)));
  expect(typeof one).not.toBe('string');
  expect(typeof further).not.toBe('string');
});
