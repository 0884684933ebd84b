import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

test("a stranger's many made-up notices of one price are compared with an honest prompt of that price at once, not one by one", async () => {
  const scene = await openScene(stage);
  const { sql } = stage.world.database;
  const lie = scene.receipt();
  await scene.told(lie, 1_750, '', '254700000999');
  await scene.minutes(1);
  await sql(
    `insert into deposits select (jsonb_populate_record(d, jsonb_build_object('id', new_id_1(), 'confirmation_due_at', null, 'receipt', left(d.receipt, 3) || 'X' || lpad(n::text, 6, '0')))).*
     from deposits d, generate_series(1, 500) n where d.receipt = $1`,
    [lie],
  );
  const owed = await scene.owe(1_750);
  scene.queried(owed);
  await scene.minutes(1);
  expect(await scene.payment(owed)).toMatchObject({ status: 'paid' });
  await sql(`do $$ begin
    perform set_config('track_functions', 'pl', true);
    perform match_left_over_2(a, '${stage.shortcode}', now()) from attempts a where a.id = '${owed.attemptId}';
    create table called as select funcname as name, calls::int from pg_stat_xact_user_functions where funcname in ('match_left_over_2', 'find_place_2');
  end $$`);
  expect(await sql('select name::text, calls from called')).toEqual([{ name: 'match_left_over_2', calls: 1 }]);
});
