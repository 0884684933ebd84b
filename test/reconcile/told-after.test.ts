import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScene } from '../attacks/money/scene.ts';
import { type Stage, startStage } from '../proof/stage.ts';
import { newPhones, newReceipt } from '../proof/world-of-money.ts';
import { importedAndSigned } from './importing.ts';
import { paid, portalFile } from './portal-file.ts';

const HOUR = 3_600_000;
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
const now = () => stage.world.clock.now();
let balance = 0;
/** The statement of a day, with one payment of 100; a second person signs it. */
async function signed(at: Date) {
  const file = portalFile(stage.shortcode, at, at, balance, [paid(newReceipt(at), at, 100, 'SCHOOL')]);
  balance += 100;
  return importedAndSigned(stage.world, file, `${at.toISOString()}.csv`);
}
const standing = async (receipt: string) =>
  (
    await stage.world.database.sql<{ says: string }>(
      "select case when refuted_at is not null then 'refuted' else 'told' end as says from deposits where receipt = $1",
      [receipt],
    )
  )[0]?.says;

test('what is told after a statement of its day was signed, and does not stand in it, is refuted by it; what it lists, and what another day has, is not', async () => {
  const scene = await openScene(stage);
  const owed = await scene.owe(2_400, newPhones().other);
  const [lie, at] = [scene.receipt(), now()];
  await stage.world.clock.advance(24 * HOUR);
  expect(await signed(at)).toMatchObject({ state: 'done', refutes: true });
  await scene.told(lie, 2_400, owed.reference, owed.phone, 'masked', at);
  const [late, otherDay] = [scene.receipt(), newReceipt(new Date(at.getTime() - 9 * 24 * HOUR))];
  await scene.told(late, 2_401, 'SCHOOL');
  await scene.told(otherDay, 2_402, 'SCHOOL', owed.phone, 'masked', at);
  await scene.minutes(1);
  expect([await standing(lie), await standing(late), await standing(otherDay)]).toEqual(['refuted', 'told', 'told']);
  expect(await scene.takeBack(lie)).toBe(200);
  expect(await scene.payment(owed)).toMatchObject({ status: 'reversed' });
});

test('what was told at midnight between two statements is refuted by both together', async () => {
  const scene = await openScene(stage);
  const midnight = new Date(Math.floor((now().getTime() + 3 * HOUR) / (24 * HOUR)) * 24 * HOUR - 3 * HOUR + 24 * HOUR);
  await stage.world.clock.advance(midnight.getTime() - now().getTime());
  const lie = scene.receipt();
  await scene.told(lie, 2_410, 'SCHOOL');
  await stage.world.clock.advance(12 * HOUR);
  await signed(new Date(midnight.getTime() - 12 * HOUR));
  await scene.minutes(1);
  expect(await standing(lie)).toBe('told');
  await stage.world.clock.advance(24 * HOUR);
  await signed(new Date(midnight.getTime() + 12 * HOUR));
  await scene.minutes(1);
  expect(await standing(lie)).not.toBe('told');
});

test('more than one request can refute is refuted in parts, and keeps no statement from its end; what raises keeps nothing else', async () => {
  const scene = await openScene(stage);
  const at = now();
  const lies = Array.from({ length: 350 }, () => scene.receipt());
  for (const lie of lies) await scene.told(lie, 2_420, 'SCHOOL');
  await stage.world.clock.advance(24 * HOUR);
  const { sql } = stage.world.database;
  await sql(`create function refutes_slowly() returns trigger language plpgsql as $$ begin
    if old.receipt = '${lies[7]}' then raise exception 'on purpose'; end if; perform pg_sleep(0.02); return new; end $$`);
  await sql(
    'create trigger refutes_slowly before update on deposits for each row when (new.refuted_at is not null and old.refuted_at is null) execute function refutes_slowly()',
  );
  expect(await signed(at)).toMatchObject({ state: 'done', refutes: true });
  await scene.minutes(2);
  const left = await sql('select receipt from deposits where amount_cents = 242000 and refuted_at is null and merged_into is null');
  expect(left).toEqual([{ receipt: lies[7] }]);
  expect(await sql("select 1 from reviews where kind = 'job_failed' and subject = 'refute' and closed_at is null")).toHaveLength(1);
  await sql('drop function refutes_slowly cascade');
  await scene.minutes(1);
  expect(await standing(lies[7] ?? '')).toBe('refuted');
});
