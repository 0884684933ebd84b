import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { signedIn } from '../../world/person.ts';
import { listByPull, openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 10_000);
});
afterAll(() => stage.stop());

/** Two prompts of one amount that queries call paid; a line that names nobody is the first one's by its time, and a refund of it is asked for when the first one's own line comes. */
async function askedBack(shillings: number) {
  const s = await openScene(stage);
  const at = stage.world.clock.now();
  const first = await s.owe(shillings);
  await stage.world.clock.advance(1_000); // of two of one moment either may be taken
  const second = await s.owe(shillings, '254711000778');
  s.queried(first, second);
  await s.minutes(3);
  const lines = [
    { receipt: s.receipt(), shillings, at },
    { receipt: s.receipt(), shillings, at, phone: first.phone },
  ] as const;
  expect(await listByPull(stage, lines[0])).toEqual([[lines[0].receipt, 'fills']]);
  const [named] = await stage.world.database.sql<{ id: string; phone: string }>(
    'select d.id, case when d.payment_id = $2 then $3 else $4 end as phone from deposits d where d.receipt = $1',
    [lines[0].receipt, first.paymentId, first.phone, second.phone],
  );
  const body = { depositId: named?.id, phoneNumber: named?.phone, reason: 'Broken', identifiedBy: 'seen at the counter' };
  const asked = await stage.world.send('POST', '/api/refunds', { body, headers: await signedIn(stage.world, 'treasurer') });
  expect(asked.status).toBe(201);
  const { payoutId } = (await asked.json()) as { payoutId: string };
  return { s, lines, payoutId, isFirst: named?.phone === first.phone };
}

const doubted = async () =>
  (await stage.world.database.sql("select 1 from reviews where kind = 'receipt_doubted' and closed_at is null")).length;

test('while a refund is asked for on a guess, the next line is no third movement: it is told, and proved once the refund is declined', async () => {
  const { s, lines, payoutId, isFirst } = await askedBack(1_711);
  expect(isFirst).toBe(true); // or the test shows nothing
  expect(await listByPull(stage, lines[1])).toEqual([[lines[1].receipt, 'doubted']]);
  await s.minutes(2);
  expect(await s.grown()).toMatchObject({ paybill_float: 3_422, paybill_told: 1_711 });
  expect(await doubted()).toBe(1);
  const body = { decision: 'decline' };
  const declined = await stage.world.send('POST', `/api/payouts/${payoutId}/decision`, {
    body,
    headers: await signedIn(stage.world, 'treasurer'),
  });
  expect(declined.status).toBe(200);
  await listByPull(stage, ...lines);
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 3_422, donations: 3_422 });
  expect(await doubted()).toBe(0);
});

test('a prompt’s receipt told with a larger amount than came: one statement books what came, and the prompt’s own', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1_250);
  s.queried(owed);
  await s.minutes(1);
  const [others, own] = [s.receipt(), s.receipt()];
  await s.told(others, 1_250, owed.reference);
  const at = stage.world.clock.now();
  const lines = [
    { receipt: others, shillings: 990, typed: 'HELLO', at },
    { receipt: own, shillings: 1_250, typed: owed.reference, at, phone: owed.phone },
  ];
  expect(await listByPull(stage, ...lines)).toEqual([
    [others, 'arrives'],
    [own, 'fills'],
  ]);
  await s.minutes(2);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  expect(await s.grown()).toEqual({ paybill_float: 2_240, donations: 1_250, suspense: 990 });
});
