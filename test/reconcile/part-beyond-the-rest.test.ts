import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, importedAndSigned } from './importing.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(() => world.stop());

const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test('a part reversed in the portal that is more than what is left of the sale is taken back: the rest is credited, what is too much is a receivable', async () => {
  await payBill(world, { account: 'SHAMBA', amountShillings: 5_000 });
  const { paymentId, reference } = await owe(world);
  const phone = newPhone();
  const paid = await payBill(world, { account: reference, amountShillings: 1_250, phone });
  const receipt = 'receipt' in paid ? paid.receipt : '';
  await world.pass(6);
  const { body } = await post('/api/refunds', { paymentId, method: 'b2c', phoneNumber: phone, amount: 1_150, reason: 'Returned' });
  expect((await post(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(5);
  await world.clock.advance(60_000);
  world.simulator.control.reverseByHand({ receipt, amountShillings: 100 });
  world.simulator.control.reverseByHand({ receipt, amountShillings: 200 });
  await world.clock.advance(24 * 3_600_000);
  await importedAndSigned(world, (await exported(world, { from: '2026-11-21', to: '2026-11-21' })).bytes);
  await world.pass(3);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  const answer = await post(`/api/deposits/${deposit?.id}/take-back`, { reason: 'By hand' });
  await world.pass(3);
  const { sales = 0n, vat_payable = 0n, receivables = 0n, paybill_float = 0n } = await balances(world.app.db);
  const really = world.simulator.control.truth().accounts['174379']?.utilityShillings;
  expect(Number(paybill_float) / 100).toBe(really);
  expect({ status: answer.status, sold: sales + vat_payable, receivables, open: (await openTasks(world)).statement_reversed }).toEqual({
    ...{ status: 200, sold: 0n, receivables: 20_000n, open: undefined },
  });
});
