import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks } from '../paybill/paybill.ts';
import { type Stage, startStage } from '../proof/stage.ts';
import { newReceipt } from '../proof/world-of-money.ts';
import { importedAndSigned } from './importing.ts';
import { paid, portalFile } from './portal-file.ts';

const DAY = 24 * 3_600_000;
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

test.each([
  { what: 'that has its receipt', named: true },
  { what: 'of its days, where it had no receipt', named: false },
])('a row of a pull that could not be read is settled by a signed statement $what, which closes its task', async ({ named }) => {
  await stage.world.clock.advance(2 * DAY);
  const at = stage.world.clock.now();
  const receipt = newReceipt(at);
  const { sql } = stage.world.database;
  await sql('insert into pulls (shortcode, asked_at) values ($1, $2) on conflict do nothing', [stage.shortcode, at.toISOString()]);
  const [from, until] = named ? [null, null] : [at.toISOString(), at.toISOString()];
  await sql('select keep_unread_1($1, $2, $3, $4, $5)', [stage.shortcode, named ? [receipt] : [], from, until, at.toISOString()]);
  await sql("select open_task_1('pull_unreadable', $1, $2)", [stage.shortcode, at.toISOString()]);
  await stage.world.clock.advance(DAY);
  const statement = (lines: string[], name: string) =>
    importedAndSigned(
      stage.world,
      portalFile(
        stage.shortcode,
        named ? at : new Date(at.getTime() - DAY),
        at,
        named ? 0 : 100,
        lines.map((line) => paid(line, at, 100, 'SHAMBA')),
      ),
      name,
    );
  await statement([named ? receipt : newReceipt(at)], `${named}.csv`);
  expect(await openTasks(stage.world)).not.toHaveProperty('pull_unreadable');
});
