import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks, payBill, register } from '../paybill/paybill.ts';
import { startWorld, type World } from '../world/world.ts';
import { importedAndSigned } from './importing.ts';
import { paid, portalFile } from './portal-file.ts';

// A payment at an outlet that the head office's list had. The head office's statement does not have it, until the outlet's shows where it came.

const [HEAD, OUTLET] = ['174379', '600981'];
let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_SHORTCODES: OUTLET } });
  await register(world);
});
afterAll(() => world.stop());

async function payment(account: string, amountShillings: number) {
  const paying = await payBill(world, { account, amountShillings });
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  const [row] = await world.database.sql<{ at: Date }>('select moved_at as at from deposits where receipt = $1', [receipt]);
  const at = new Date(row?.at ?? 0);
  return { at, line: paid(receipt, at, amountShillings, account) };
}

test('what is missing there is a task until it stands at its own short code', async () => {
  const own = await payment('SHAMBA', 9_000);
  const outlets = await payment('SCHOOL', 1_321);
  await world.database.sql('update deposits set shortcode_by_list = true where receipt = $1', [outlets.line.receipt]); // as a pulled line leaves it
  await world.clock.advance(24 * 3_600_000);
  await importedAndSigned(world, portalFile(HEAD, own.at, own.at, 0, [own.line]), 'head.csv');
  await world.pass(3);
  expect(await openTasks(world)).toHaveProperty('statement_missing_there');
  await importedAndSigned(world, portalFile(OUTLET, own.at, own.at, 0, [outlets.line]), 'outlet.csv');
  await world.pass(3);
  expect(await openTasks(world)).not.toHaveProperty('statement_missing_there');
});
