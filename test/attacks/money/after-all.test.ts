import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { type Line, listByPull, openScene, sendNotice, type Told } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const notice = (...told: Told) => sendNotice(stage, ...told);
const listed = (...lines: Line[]) => listByPull(stage, ...lines);

test('a receipt that was refuted and taken back, and a prompt that the query calls paid: a list that names it for that prompt makes one movement', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1781, newPhones().other);
  const at = stage.world.clock.now();
  const own = s.receipt();
  await s.minutes(6);
  await s.told(own, 1781, 'SCHOOL', owed.phone, 'full', at);
  await s.minutes(2);
  await s.refute(own);
  const [gone] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [own]);
  expect(await s.takeBack(own)).toBe(200);
  s.queried(owed);
  await stage.world.clock.advance(6 * 3_600_000);
  await s.minutes(3);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  await listed({ receipt: own, shillings: 1781, typed: owed.reference, at, phone: owed.phone });
  await s.minutes(5);
  const first = await s.grown();
  await listed({ receipt: own, shillings: 1781, typed: owed.reference, at, phone: owed.phone });
  await s.minutes(5);
  expect(first.paybill_float).toBe(1781);
  const same =
    'select exists (select from deposits o where o.id = d.merged_into and o.receipt = $2) as same from deposits d where d.id = $1';
  expect(await stage.world.database.sql(same, [gone?.id, own])).toEqual([{ same: true }]);
}, 60_000);

test('told for the liar’s order, refuted and taken back; a list proves it for somebody else’s order: that one is paid', async () => {
  const s = await openScene(stage);
  const [liar, honest] = [await s.owe(1782, newPhones().other), await s.owe(1782, newPhones().other)];
  await s.minutes(6);
  const real = s.receipt();
  await notice(real, 1782, liar.phone, 'masked', liar.reference);
  await s.minutes(2);
  await s.refute(real);
  expect(await s.takeBack(real)).toBe(200);
  await listed({ receipt: real, shillings: 1782, typed: honest.reference, phone: honest.phone });
  await s.minutes(5);
  const first = await s.payment(honest);
  await listed({ receipt: real, shillings: 1782, typed: honest.reference, phone: honest.phone });
  await s.minutes(5);
  expect(first).toMatchObject({ status: 'paid' });
}, 60_000);
