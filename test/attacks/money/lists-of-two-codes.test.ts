import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '../../../src/payments/allocate.ts';
import { settleReceipts } from '../../../src/payments/settle-receipts.ts';
import { newReceipt } from '../../paybill/paybill.ts';
import { startWorld, type World } from '../../world/world.ts';

// The head office's list has its outlets' payments too, the outlet's own list has no other's: what both have came to the outlet, whichever list is read first.

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
  for (const shortcode of order) await list(shortcode, receipt);
  expect(await world.database.sql('select shortcode from deposits where receipt = $1', [receipt])).toEqual([{ shortcode: OUTLET }]);
});
