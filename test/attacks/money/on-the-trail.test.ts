import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { type Stage, startStage } from '../../proof/stage.ts';
import type { Owed } from '../../proof/world-of-money.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

/** What the audit trail says of a payment, and of the deposits that were its, the oldest first. */
const trail = async ({ paymentId }: Owed) =>
  (
    await stage.world.database.sql<{ action: string; after: unknown }>(
      `select action, after from audit where subject = $1 or subject in (select id::text from deposits where payment_id = $1::uuid) order by id`,
      [paymentId],
    )
  ).map(({ action, after }) => `${action} ${JSON.stringify(after)}`);

test('a payment that a list takes back by itself is on the trail as reversed', async () => {
  const s = await openScene(stage);
  const [liars, honest] = [await s.owe(1734), await s.owe(1734, '254711000777')];
  await s.minutes(6);
  const real = s.receipt();
  s.proves(real, 1734, '254711000777');
  await s.told(real, 1734, liars.reference, liars.phone);
  await s.minutes(6);
  expect((await trail(liars)).filter((row) => row.startsWith('payment_paid') || row.startsWith('late_success'))).toHaveLength(1);
  const settled = await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'pull', [
    {
      receipt: real,
      amountCents: 173_400n,
      typedReference: honest.reference,
      shortcode: stage.shortcode,
      prompts: true,
      times: [stage.world.clock.now()],
    },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(stage.world.app, depositId);
  await s.minutes(3);
  expect(await s.payment(liars)).toMatchObject({ status: 'reversed' });
  expect((await trail(liars)).join('\n')).toMatch(/reversed|taken_back/);
});
