import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { openTasks, payBill, register } from '../paybill/paybill.ts';
import { push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, importedAndSigned } from './importing.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
});
afterEach(() => world.stop());

const books = async () => {
  const { paybill_float = 0n, receivables = 0n, customer_credit = 0n } = await balances(world.app.db);
  return { paybill_float, receivables, customer_credit };
};

/** A payment that was given back in the portal, and an order of the same amount whose row has a copy of that, as an earlier release left it. */
async function copied(): Promise<string> {
  await push(world, { phoneNumber: '254711111119' }); // its callback is lost, a query says that it is paid
  await world.pass(3);
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 1_250 });
  const receipt = 'receipt' in paid ? paid.receipt : '';
  await world.pass(6);
  world.simulator.control.reverseByHand({ receipt });
  const { bytes, name } = await exported(world);
  await importedAndSigned(world, bytes, name);
  const [row] = await world.database.sql<{ id: string }>(
    `update deposits c set reversed_elsewhere_at = d.reversed_elsewhere_at, reversed_elsewhere_cents = d.reversed_elsewhere_cents, reversal_receipt = d.reversal_receipt
     from deposits d where d.receipt = $1 and c.attempt_id is not null returning c.id`,
    [receipt],
  );
  await world.database.sql('select book_reversed_2($1, $2)', [row?.id, world.clock.now()]);
  return row?.id ?? '';
}
const mend = async () =>
  (await world.database.sql<{ mended: number }>('select mend_copied_reversals_2($1) as mended', [world.clock.now()]))[0]?.mended;

test('a reversal that an earlier release copied to two payments is one of them alone', async () => {
  await copied();
  expect(await books()).toMatchObject({ paybill_float: 0n, receivables: 250_000n });
  expect(await mend()).toBe(1);
  expect(await books()).toMatchObject({ paybill_float: 125_000n, receivables: 125_000n });
  expect(await mend()).toBe(0);
});

test('a payment that was taken back for it is there again, as its customer’s, and a task', async () => {
  const id = await copied();
  const response = await world.send('POST', `/api/deposits/${id}/take-back`, {
    body: { reason: 'Given back' },
    headers: await signedIn(world, 'treasurer'),
  });
  expect(response.status).toBe(200);
  expect(await mend()).toBe(1);
  await world.pass(2);
  expect(await books()).toEqual({ paybill_float: 125_000n, receivables: 125_000n, customer_credit: 125_000n });
  expect(await openTasks(world)).toMatchObject({ deposit_proved_after_all: 1 });
  expect(await mend()).toBe(0);
});
