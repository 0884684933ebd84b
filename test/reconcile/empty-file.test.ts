import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks, payBill, register } from '../paybill/paybill.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { importedAndSigned } from './importing.ts';
import { plainFile } from './portal-file.ts';

// A file without a line says that nothing moved. Where the books have proved payments of its days it answers nobody who asks for the statement, and hides no row that could not be read.

const DAY = 24 * 3_600_000;
let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' } });
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 1_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

test('a row of a pull that could not be read stays unread', async () => {
  const at = world.clock.now();
  const { sql } = world.database;
  await sql('insert into pulls (shortcode, asked_at) values ($1, $2) on conflict do nothing', ['174379', at.toISOString()]);
  await sql("select keep_unread_1('174379', '{}', $1, $1, $1)", [at.toISOString()]);
  await sql("select open_task_1('pull_unreadable', '174379', $1)", [at.toISOString()]);
  await world.clock.advance(DAY);
  const { bytes, name } = plainFile('174379', at, 0, []);
  await expect(importedAndSigned(world, bytes, name)).rejects.toThrow('payments of its days are proved');
  expect([await openTasks(world), await sql("select unread_from is not null as kept from pulls where shortcode = '174379'")]).toMatchObject(
    [{ pull_unreadable: 1 }, [{ kept: true }]],
  );
});

test('the month in which payments came is still asked for', async () => {
  await world.clock.advance(new Date('2026-12-01T06:00:00Z').getTime() - world.clock.now().getTime());
  await strike('scheduled-reminders');
  const due = () =>
    world.database.sql(
      "select 1 from reviews where kind = 'statement_due' and subject = '174379:2026-11-01/2026-11-30' and closed_at is null",
    );
  expect(await due()).toHaveLength(1);
  const { bytes } = plainFile('174379', world.clock.now(), 0, []);
  const named = 'Statements for 174379 from 2026-11-01 to 2026-11-30.csv';
  await expect(importedAndSigned(world, Buffer.concat([bytes, Buffer.from('\n')]), named)).rejects.toThrow(
    'payments of its days are proved',
  );
  expect(await due()).toHaveLength(1);
});
