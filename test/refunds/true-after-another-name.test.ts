import { afterAll, beforeAll, expect, test } from 'vitest';
import { payBill, register } from '../paybill/paybill.ts';
import { importedAndSigned } from '../reconcile/importing.ts';
import { paid, portalFile, reversed } from '../reconcile/portal-file.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// "Already reversed" comes first, the result of the reversal itself late: statements have shown it under the payment's receipt, or at another short code of ours than a list had.

const OUTLET = '600981';
const HEAD = '174379';
const DAY = 24 * 3_600_000;
let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_SHORTCODES: OUTLET } });
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 5_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const held = async () =>
  Object.fromEntries(
    (
      await world.database.sql<{ account: string; shillings: number }>(
        `select account, sum(cents)::int / 100 as shillings from (select debit_account as account, amount_cents as cents from transfers union all select credit_account, -amount_cents from transfers) x
         group by account having sum(cents) <> 0 order by account`,
      )
    ).map(({ account, shillings }) => [account, shillings]),
  );
async function waiting(amountShillings: number) {
  const paying = await payBill(world, { account: 'SCHOOL', amountShillings });
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  const [row] = await world.database.sql<{ id: string; at: Date }>('select id, moved_at as at from deposits where receipt = $1', [receipt]);
  return { receipt, depositId: row?.id ?? '', at: new Date(row?.at ?? 0) };
}
async function alreadyReversed(receipt: string, depositId: string) {
  const { receipt: reversal } = world.simulator.control.reverseByHand({ receipt });
  const asked = await post('/api/refunds', { depositId, method: 'reversal', reason: 'Wrong school' });
  expect(asked.status).toBe(201);
  expect((await post(`/api/payouts/${asked.body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(10);
  return { reversal, payoutId: asked.body.payoutId };
}
const tell = async (payoutId: unknown, reversal: string, receipt: string) => {
  const [said] = await world.database.sql(
    `select settle_withdrawal_4(w.id, 'reversal', 'y' || w.id, 'y', 'paid', w.amount_cents, $3, false, w.id::text, null, null, $4, '0', '174379', null, $2) as verdict from withdrawals w where w.payout_id = $1`,
    [payoutId, world.clock.now(), reversal, receipt],
  );
  await world.pass(3);
  return said;
};

test('its line has the receipt of the payment', async () => {
  const before = await held();
  const { receipt, depositId, at } = await waiting(1_321);
  const { reversal, payoutId } = await alreadyReversed(receipt, depositId);
  const back = world.clock.now();
  await world.clock.advance(DAY);
  const lines = [paid(receipt, at, 1_321, 'SCHOOL'), reversed(receipt, back, 1_321, '')];
  await importedAndSigned(world, portalFile(HEAD, at, at, 0, lines), 'own-name.csv');
  await world.pass(10);
  const taken = await post(`/api/deposits/${depositId}/take-back`, { reason: 'Given back' });
  await world.pass(2);
  const middle = await held();
  const said = await tell(payoutId, reversal, receipt);
  expect([taken.status, said, middle, await held()]).toEqual([200, { verdict: 'known' }, before, before]);
});

test('its line was read as of another short code', async () => {
  await world.clock.advance(DAY);
  const before = await held();
  const { receipt, depositId, at } = await waiting(1_433);
  await world.database.sql('update deposits set shortcode_by_list = true where receipt = $1', [receipt]); // as a pulled line leaves it
  await world.clock.advance(DAY);
  const { reversal, payoutId } = await alreadyReversed(receipt, depositId);
  const back = world.clock.now();
  await world.clock.advance(DAY);
  await importedAndSigned(world, portalFile(OUTLET, back, back, 1_433, [reversed(reversal, back, 1_433, receipt)]), 'second.csv');
  await world.pass(2);
  const said = await tell(payoutId, reversal, receipt);
  await importedAndSigned(world, portalFile(OUTLET, at, at, 0, [paid(receipt, at, 1_433, 'SCHOOL')]), 'first.csv');
  await world.pass(10);
  const taken = await post(`/api/deposits/${depositId}/take-back`, { reason: 'Given back' });
  expect([said, taken.status, await held()]).toEqual([{ verdict: 'known' }, 200, before]);
});
