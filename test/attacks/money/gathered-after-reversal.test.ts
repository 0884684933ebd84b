import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { newReceipt, noticePaths, payBill, register } from '../../paybill/paybill.ts';
import { noticeBody } from '../../proof/bodies.ts';
import { imported, importedAndSigned, signOff } from '../../reconcile/importing.ts';
import { paid, portalFile, reversed } from '../../reconcile/portal-file.ts';
import { signedIn } from '../../world/person.ts';
import { startWorld, type World } from '../../world/world.ts';

// A payment at an outlet that the head office's list had, given back before the outlet's statement says where it came: the reversal left the outlet too.

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
         where account like 'paybill_%' or account in ('receivables', 'suspense') group by account having sum(cents) <> 0 order by account`,
      )
    ).map(({ account, shillings }) => [account, shillings]),
  );

/** What the simulator has of a payment, and we as the head office's list alone said it. */
async function listed(amountShillings: number) {
  const paying = await payBill(world, { account: 'SCHOOL', amountShillings });
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  await world.database.sql('update deposits set shortcode_by_list = true where receipt = $1', [receipt]); // as settle_receipt_2 writes it of a pulled line
  const [row] = await world.database.sql<{ id: string; at: Date }>('select id, moved_at as at from deposits where receipt = $1', [receipt]);
  return { receipt, depositId: row?.id ?? '', at: new Date(row?.at ?? 0) };
}

test('by our own reversal', async () => {
  const before = await held();
  const { receipt, depositId, at } = await listed(1_321);
  const asked = await post('/api/refunds', { depositId, method: 'reversal', reason: 'Wrong school' });
  expect(asked.status).toBe(201);
  expect((await post(`/api/payouts/${asked.body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(6);
  const [w] = await world.database.sql<{ receipt: string; state: string; at: Date }>(
    'select receipt, state, coalesce(moved_at, settled_at) as at from withdrawals where payout_id = $1',
    [asked.body.payoutId],
  );
  expect(w?.state).toBe('paid');
  expect(await held()).toEqual(before);
  await world.clock.advance(DAY);
  await importedAndSigned(
    world,
    portalFile(OUTLET, at, at, 0, [paid(receipt, at, 1_321, 'SCHOOL'), reversed(w?.receipt ?? '', new Date(w?.at ?? 0), 1_321, receipt)]),
    'outlet.csv',
  );
  await world.pass(2);
  expect(await held()).toEqual(before); // nothing of it is anywhere: it came to the outlet and left it
});

test('by hand in the portal, taken back in its part before', async () => {
  await world.clock.advance(DAY);
  const before = await held();
  const { receipt, at } = await listed(1_400);
  await world.clock.advance(DAY);
  const back = new Date(at.getTime() + 60_000);
  await importedAndSigned(
    world,
    portalFile(OUTLET, at, at, 0, [paid(receipt, at, 1_400, 'SCHOOL'), reversed('UKM9ZZ0001', back, 400, receipt)]),
    'two.csv',
  );
  await world.pass(2);
  const after = await held();
  expect(after).toEqual({
    ...before,
    [`paybill_float:${OUTLET}`]: (before[`paybill_float:${OUTLET}`] ?? 0) + 1_000,
    suspense: (before.suspense ?? 0) - 1_400,
    receivables: 400,
  });
});

test('a notice that names the head office, and its list: the outlet can sign its statement, where not most of its payments are said to be of elsewhere', async () => {
  await world.clock.advance(DAY);
  const before = await held();
  const at = world.clock.now();
  const [lied, own] = [newReceipt(at), newReceipt(at)];
  await world.send('POST', noticePaths(world).confirmation, {
    body: noticeBody({ receipt: lied, shillings: 1_500, reference: 'SCHOOL', at, msisdn: '2547 ***** 126', shortcode: HEAD }),
  });
  const listed = (receipt: string, cents: bigint, shortcode: string) =>
    settleReceipts({ db: world.app.db, now: world.clock.now() }, 'pull', [
      { receipt, amountCents: cents, typedReference: 'SCHOOL', shortcode, prompts: shortcode === HEAD, times: [at], payer: {} },
    ]);
  const settled = [...(await listed(lied, 150_000n, HEAD)), ...(await listed(own, 90_000n, OUTLET))];
  for (const { depositId } of settled) if (depositId) await allocate(world.app, depositId);
  await world.clock.advance(DAY);
  const alone = await imported(world, portalFile(OUTLET, at, at, 1_000, [paid(lied, at, 1_500, 'SCHOOL')]), 'alone.csv');
  const refused = await signOff(world, alone.statementId, await signedIn(world, 'treasurer'));
  expect([refused.status, await refused.json()]).toMatchObject([409, { code: 'statement_of_other_shortcode' }]);
  const lines = [paid(lied, at, 1_500, 'SCHOOL'), paid(own, at, 900, 'SCHOOL')];
  await importedAndSigned(world, portalFile(OUTLET, at, at, 1_000, lines), 'both.csv');
  const after = await held();
  expect((after[`paybill_float:${OUTLET}`] ?? 0) - (before[`paybill_float:${OUTLET}`] ?? 0)).toBe(2_400);
  expect(after[`paybill_float:${HEAD}`] ?? 0).toBe(before[`paybill_float:${HEAD}`] ?? 0);
});
