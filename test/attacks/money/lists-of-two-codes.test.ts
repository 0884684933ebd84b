import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { newReceipt } from '../../paybill/paybill.ts';
import { importedAndSigned } from '../../reconcile/importing.ts';
import { paid, portalFile } from '../../reconcile/portal-file.ts';
import { startWorld, type World } from '../../world/world.ts';

// What the lists of two of our short codes have came to one of them, and no list says to which: it stays where the first had it, once, until the other one signs a statement with it.

const [OUTLET, HEAD] = ['600981', '174379'];
let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_SHORTCODES: OUTLET } });
});
afterAll(() => world.stop());

async function list(shortcode: string, receipt: string) {
  const at = world.clock.now();
  const settled = await settleReceipts({ db: world.app.db, now: at }, 'pull', [
    { receipt, amountCents: 150_000n, typedReference: 'SCHOOL', shortcode, prompts: shortcode === HEAD, times: [at], payer: {} },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(world.app, depositId);
}

test.each([
  [HEAD, OUTLET],
  [OUTLET, HEAD],
])('first the list of %s, then that of %s', async (...order) => {
  const receipt = newReceipt(world.clock.now());
  const [first, second] = order;
  await world.clock.advance(24 * 3_600_000);
  const at = world.clock.now();
  for (const shortcode of [...order, ...order]) await list(shortcode, receipt);
  const where = () => world.database.sql('select shortcode from deposits where receipt = $1', [receipt]);
  expect(await where()).toEqual([{ shortcode: first }]);
  await importedAndSigned(world, portalFile(second, at, at, 0, [paid(receipt, at, 1_500, 'SCHOOL')]), `${second}.csv`);
  expect(await where()).toEqual([{ shortcode: second }]);
});
