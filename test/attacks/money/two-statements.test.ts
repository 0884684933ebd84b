import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { newReceipt } from '../../paybill/paybill.ts';
import { imported, importedAndSigned, signOff } from '../../reconcile/importing.ts';
import { paid, portalFile } from '../../reconcile/portal-file.ts';
import { signedIn } from '../../world/person.ts';
import { startWorld, type World } from '../../world/world.ts';

// A payment that a list had, and then a signed statement of one of our short codes: another code's statement with the same line is refused, whichever code came first.

const [OUTLET, HEAD] = ['600981', '174379'];
let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_SHORTCODES: OUTLET } });
});
afterAll(() => world.stop());

test.each([
  [OUTLET, HEAD],
  [HEAD, OUTLET],
])('signed first by %s, then by %s', async (first, second) => {
  await world.clock.advance(24 * 3_600_000);
  const at = world.clock.now();
  const receipt = newReceipt(at);
  const settled = await settleReceipts({ db: world.app.db, now: at }, 'pull', [
    { receipt, amountCents: 150_000n, typedReference: 'SCHOOL', shortcode: HEAD, prompts: true, times: [at], payer: {} },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(world.app, depositId);
  await world.clock.advance(3_600_000);
  const line = paid(receipt, at, 1_500, 'SCHOOL');
  await importedAndSigned(world, portalFile(first, at, at, 0, [line]), `${first}.csv`);
  const where = () => world.database.sql('select shortcode from deposits where receipt = $1', [receipt]);
  const before = await where();
  const { statementId } = await imported(world, portalFile(second, at, at, second === OUTLET ? 1_500 : 0, [line]), `${second}.csv`);
  const answer = await signOff(world, statementId, await signedIn(world, 'treasurer'));
  expect([before, answer.status, await where()]).toEqual([[{ shortcode: first }], 409, [{ shortcode: first }]]);
});
