import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { signedIn } from '../../world/person.ts';
import { listByPull, openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 20_000);
});
afterAll(() => stage.stop());

const read = async (kind: string, subject: string) => {
  const [row] = await stage.world.database.sql<{ id: string }>('select id from reviews where kind = $1 and subject = $2', [kind, subject]);
  const response = await stage.world.send('GET', `/api/tasks/${row?.id}`, { headers: await signedIn(stage.world, 'treasurer') });
  return (await response.json()) as { state: string; actions: { path: string }[]; closedBy: { by: string } | null };
};
const depositOf = async (receipt: string) =>
  (await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]))[0]?.id ?? '';

test('money that a treasurer took back and that was proved after all: the first task is closed by them, and the second offers what works and closes with the last shilling', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1_783, newPhones().other);
  await s.minutes(6);
  const [receipt, at] = [s.receipt(), stage.world.clock.now()];
  await s.told(receipt, 1_783, owed.reference, owed.phone, 'full');
  await s.minutes(2);
  await s.refute(receipt);
  const gone = await depositOf(receipt);
  await s.minutes(2);
  expect(await s.takeBack(receipt)).toBe(200);
  // it is not announced as gone by itself
  expect(await read('deposit_refuted', gone)).toMatchObject({ state: 'closed', closedBy: { by: expect.stringMatching(/^person:/) } });

  await listByPull(stage, { receipt, shillings: 1_783, typed: owed.reference, at, phone: owed.phone });
  await s.minutes(3);
  const depositId = await depositOf(receipt);
  expect(depositId).not.toBe(gone);
  const task = await read('deposit_proved_after_all', depositId);
  expect(task.state).toBe('open');
  expect(task.actions.map(({ path }) => path)).not.toContain(`/api/deposits/${depositId}/match`);
  expect(await s.giveBack(receipt, owed.phone)).toBe(200);
  await s.minutes(4);
  expect(await read('deposit_proved_after_all', depositId)).toMatchObject({ state: 'closed' });
  expect(await read('surplus_payment', depositId)).toMatchObject({ state: 'closed' });
});
