import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { hourly, startWatched } from '../float/watching.ts';
import { counts, exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { openTasks } from './paybill.ts';

// A shop whose prompts go to one short code, with a till beside it.

const TILL = '600981';
let world: World;
beforeAll(async () => {
  world = await startWatched({
    environment: { MPESA_SHORTCODES: TILL, MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678', COUNTER_MONEY: 'sales-B' },
    simulator: { otherShortcodes: [Number(TILL)] },
  });
  await world.app.daraja.registerPull({ phone: '254712345678', callbackUrl: `${world.siteUrl}/api/health` });
  await world.clock.advance(24 * 3_600_000);
  await hourly(world, 1);
});
afterAll(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return (await response.json()) as Record<string, unknown>;
};
async function paidAtTill(amountShillings: number): Promise<string> {
  await world.pass(17); // so that the next pull's times can be read in one way only
  await world.simulator.control.payBill({ phone: newPhone(), amountShillings, account: '', shortcode: TILL });
  await world.pass(17);
  const newest = 'select id from deposits where shortcode = $1 order by settled_at desc limit 1';
  const [row] = await world.database.sql<{ id: string }>(newest, [TILL]);
  return row?.id ?? '';
}

test('what is paid there without a reference is a counter sale where the organisation wants that', async () => {
  await paidAtTill(1_160);
  const { counter_sales, suspense = 0n } = await balances(world.app.db);
  expect([counter_sales, suspense]).toEqual([100_000n, 0n]);
  expect(await openTasks(world)).not.toHaveProperty('unidentified_deposit');
});

test("what was reversed there is no payout that the other short code's statement lacks", async () => {
  const { payoutId, method } = await send('/api/refunds', { depositId: await paidAtTill(95), reason: 'Paid by mistake' });
  expect(method).toBe('reversal');
  await send(`/api/payouts/${payoutId}/decision`, {});
  await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 500, account: 'NDIZI' });
  await world.pass(17);
  const other = await send('/api/payouts', { phoneNumber: newPhone(), amount: 50, reason: 'Airtime' });
  await send(`/api/payouts/${other.payoutId}/decision`, {});
  await world.pass(10);
  const own = await exported(world);
  expect(counts(await importedAndSigned(world, own.bytes, own.name))).not.toHaveProperty('missing_there out');
  const till = await exported(world, { shortcode: TILL });
  expect(counts(await importedAndSigned(world, till.bytes, till.name))).toMatchObject({ 'agrees out': 1 });
  expect(await openTasks(world)).not.toHaveProperty('statement_missing_there');
});
