import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScene } from '../attacks/money/scene.ts';
import { type Stage, startStage } from '../proof/stage.ts';
import { strike } from '../world/route.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const LIAR = 254799999999;

/** The database is away for what names this function, while `meanwhile` goes on. */
async function without(name: string, meanwhile: () => Promise<unknown>) {
  const { sql } = stage.world.database;
  await sql(`alter function ${name} rename to away_1`);
  await meanwhile();
  await sql(`alter function away_1 rename to ${name}`);
}

test('the proof of a success that was not believed is stored with the answer or not at all: when the answer comes again, it pays', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2101);
  const real = s.receipt();
  s.proves(real, 2101, owed.phone);
  await s.calledBack(owed, real, 2101, LIAR);
  await stage.world.clock.advance(60_000);
  await strike('scheduled-minute');
  await stage.world.settled();
  const asked = [...stage.safaricom.waiting];
  expect(asked.map(({ receipt }) => receipt)).toContain(real);
  await without('settle_doubt_4', s.answer);
  expect(await stage.world.database.sql('select state from inquiries where receipt = $1', [real])).toEqual([{ state: 'asked' }]);
  stage.safaricom.waiting.push(...asked);
  await s.answer();
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 2101, donations: 2101 });
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
});

test('an answer that an earlier release stored without what it proves is made good when it comes again', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2102);
  const real = s.receipt();
  s.proves(real, 2102, owed.phone);
  await s.calledBack(owed, real, 2102, LIAR);
  await stage.world.clock.advance(60_000);
  await strike('scheduled-minute');
  await stage.world.settled();
  await stage.world.database.sql(
    "update inquiries set state = 'answered', says = 'completed', told_receipt = receipt, told_cents = 210200 where receipt = $1",
    [real],
  );
  await s.answer();
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 2102, donations: 2102 });
});
