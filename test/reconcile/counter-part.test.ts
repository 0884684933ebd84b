import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newReceipt, openTasks, payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { importedAndSigned } from './importing.ts';
import { paid, portalFile, reversed } from './portal-file.ts';

// A part of a counter sale that somebody gave back in the portal, as a signed statement shows it.

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { COUNTER_MONEY: 'sales-B' } });
  expect((await register(world)).status).toBe(200);
});
afterAll(() => world.stop());

test('a part of a counter sale that was reversed in the portal is taken back: off sales and VAT, and the rest is free', async () => {
  const paying = await payBill(world, { account: '', amountShillings: 1_160, phone: newPhone() });
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  const [row] = await world.database.sql<{ id: string; at: Date }>('select id, moved_at as at from deposits where receipt = $1', [receipt]);
  const from = world.clock.now();
  const before = await balances(world.app.db);
  const lines = [
    paid(receipt, new Date(row?.at ?? 0), 1_160, ''),
    reversed(newReceipt(world.clock.now()), world.clock.now(), 580, receipt),
  ];
  await importedAndSigned(world, portalFile('174379', from, world.clock.now(), 0, lines));
  expect(await openTasks(world)).toMatchObject({ statement_reversed: 1 });
  const response = await world.send('POST', `/api/deposits/${row?.id}/take-back`, {
    body: { reason: 'Half of it was broken' },
    headers: await signedIn(world, 'treasurer'),
  });
  expect([response.status, await response.json()]).toMatchObject([200, { state: 'part_taken_back', amount: 580 }]);
  await world.pass(2);
  const after = await balances(world.app.db);
  const grown = (account: string) => Number((after[account] ?? 0n) - (before[account] ?? 0n)) / 100;
  expect(['counter_sales', 'vat_payable', 'paybill_float', 'receivables'].map(grown)).toEqual([-500, -80, -580, 0]);
});
