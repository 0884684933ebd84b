import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { smsTo } from '../notices/telling.ts';
import { confirm, newReceipt, noticeBody, openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned, show } from '../reconcile/importing.ts';
import { type Line, paid, portalFile } from '../reconcile/portal-file.ts';
import { newPhone, statusOf } from '../world/checkout.ts';
import { makeMember } from '../world/lending.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// Somebody paid a customer back by hand in one sum, and the money stands in several places.

let world: World;
beforeEach(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
});
afterEach(() => world.stop());

const send = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
async function enteredAsPaid(receipt: string, amount: number, of: object) {
  const entry = await send('/api/float-entries', { kind: 'paid_out', receipt, amount, on: today(), note: 'All of it back', ...of });
  const approved = await send(`/api/float-entries/${entry.body.entryId}/approve`, {});
  await world.pass(3);
  return approved;
}
async function paidTo(account: string, amountShillings: number): Promise<string> {
  const paying = await payBill(world, { account, amountShillings });
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return row?.id ?? '';
}
async function grown(before: Record<string, bigint>) {
  const after = await balances(world.app.db);
  const by = (account: string) => Number((after[account] ?? 0n) - (before[account] ?? 0n)) / 100;
  const [sold, ...rest] = [
    by('sales') + by('vat_payable'),
    ...['suspense', 'customer_credit', 'refunds', 'expenses', 'paybill_float'].map(by),
  ];
  return [sold, ...rest];
}

test('of money in suspense, a part of which paid an order: out of both, the order has its credit note, and a later statement with the line agrees', async () => {
  const { paymentId } = await owe(world, 'maize');
  const price = (await statusOf(world, paymentId)).amount as number;
  const id = await paidTo('NDIZI', 1_000);
  expect(await send(`/api/deposits/${id}/match`, { paymentId, amount: price })).toMatchObject({ status: 200 });
  await world.pass(2);
  const before = await balances(world.app.db);
  const { receipt } = world.simulator.control.payByHand({ phone: newPhone(), amountShillings: 1_000 });
  await importedAndSigned(world, (await exported(world)).bytes);
  expect(await enteredAsPaid(receipt, 1_000, { depositId: id })).toMatchObject({ status: 200 });
  expect(await grown(before)).toEqual([-price, price - 1_000, 0, 0, 0, -1_000]);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'refunded', refundedAmount: 1_000 });
  expect(await openTasks(world)).not.toHaveProperty('statement_money_out');
  // nothing of it is left, and nothing is taken for a part that was given back in the portal
  expect(await send('/api/refunds', { depositId: id, reason: 'Once more' })).toMatchObject({
    status: 422,
    body: { code: 'refund_too_large' },
  });
  expect(await world.database.sql('select parts_given_back_2($1)::int as cents', [id])).toEqual([{ cents: 0 }]);

  await paidTo('SHAMBA', 11);
  const later = await importedAndSigned(world, (await exported(world)).bytes);
  const { lines } = await show(world, later.statementId, '?finding=agrees');
  expect(lines).toContainEqual(expect.objectContaining({ receipt }));
  expect(await openTasks(world)).not.toHaveProperty('statement_amount_differs');
  const listed = await world.send('GET', `/api/payouts?receipt=${receipt}`, { headers: await signedIn(world, 'treasurer') });
  const { payouts } = (await listed.json()) as { payouts: { amount: number; portalReceipt: string }[] };
  expect(payouts.map(({ portalReceipt }) => portalReceipt)).toEqual([receipt, receipt]);
  expect(payouts.reduce((sum, { amount }) => sum + amount, 0)).toBe(1_000);
});

test('of an order that was overpaid: out of what waits and the sale; more than came is refused', async () => {
  const { paymentId, reference } = await owe(world, 'coffee');
  const price = (await statusOf(world, paymentId)).amount as number;
  const [came, tooMuch, back] = [1, 2, 3].map(() => newReceipt(world.clock.now())) as [string, string, string];
  await world.clock.advance(60_000);
  const at = new Date(Math.floor(world.clock.now().getTime() / 1_000) * 1_000);
  const TransTime = new Date(at.getTime() + 3 * 3_600_000).toISOString().replaceAll(/\D/g, '').slice(0, 14);
  await confirm(world, noticeBody({ BillRefNumber: reference, TransID: came, TransTime, TransAmount: `${price + 50}.00` }));
  await world.pass(1);
  const details = 'Business Payment to Customer to 2547****126 - JANE **** DOE';
  const out = (receipt: string, shillings: number): Line => ({
    ...{ receipt, at: world.clock.now(), shillings, out: true, party: '2547****126 - JANE **** DOE' },
    ...{ details, reason: 'Business Payment to Customer' },
  });
  const lines = [paid(came, at, price + 50, reference), out(tooMuch, price + 60), out(back, price + 50)];
  await importedAndSigned(world, portalFile('174379', at, world.clock.now(), 20_000, lines));
  const before = await balances(world.app.db);
  const refused = await enteredAsPaid(tooMuch, price + 60, { paymentId });
  expect(refused).toMatchObject({
    status: 422,
    body: { code: 'refund_too_large', detail: expect.stringContaining(`At most KES ${(price + 50).toLocaleString('en')} of it can`) },
  });
  expect(await grown(before)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(await enteredAsPaid(back, price + 50, { paymentId })).toMatchObject({ status: 200 });
  expect(await grown(before)).toEqual([-price, 0, -50, 0, 0, -price - 50]);
});

test('of savings: out of them, and the member is told; no more than they hold', async () => {
  const member = await makeMember(world);
  const id = await paidTo(member.savingsReference, 400);
  const other = await makeMember(world);
  const ofOther = await paidTo(other.savingsReference, 400);
  const [one, two, three] = [300, 200, 100].map(
    (amountShillings) => world.simulator.control.payByHand({ phone: member.phone, amountShillings }).receipt,
  );
  await importedAndSigned(world, (await exported(world)).bytes);
  const held = async () => (await balances(world.app.db)).savings;
  // what the other member has used meanwhile is not there any more
  await world.database.sql(
    "insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values (gen_random_uuid(), 'unmatch', gen_random_uuid(), 1, $1, 'suspense', 35000, now())",
    [`savings:${other.accountId}`],
  );
  expect(await enteredAsPaid(three ?? '', 100, { depositId: ofOther })).toMatchObject({ status: 422, body: { code: 'refund_too_large' } });
  expect(await held()).toBe(45_000n);
  expect(await enteredAsPaid(one ?? '', 300, { depositId: id })).toMatchObject({ status: 200 });
  expect(await held()).toBe(15_000n);
  expect(smsTo(world, member).at(-1)).toContain('KES 300');
  expect(smsTo(world, member).at(-1)).toContain('it was returned through M-PESA. Your savings now: KES 100');
  expect(await enteredAsPaid(two ?? '', 200, { depositId: id })).toMatchObject({ status: 422, body: { code: 'refund_too_large' } });
  expect(await held()).toBe(15_000n);
});

test('what left under the receipt of a customer’s payment, as a signed statement has both, is not what was paid by hand', async () => {
  const [receipt, at] = [newReceipt(world.clock.now()), new Date(Math.floor(world.clock.now().getTime() / 1_000) * 1_000)];
  const out: Line = {
    ...{ receipt, at, shillings: 300, out: true, party: '2547****126 - JANE **** DOE' },
    ...{ details: 'Business Payment to Customer to 2547****126 - JANE **** DOE', reason: 'Business Payment to Customer' },
  };
  await importedAndSigned(world, portalFile('174379', at, at, 20_000, [paid(receipt, at, 400, 'NDIZI'), out]));
  expect(await enteredAsPaid(receipt, 300, {})).toMatchObject({
    status: 409,
    body: { code: 'paid_out_not_shown', detail: expect.stringContaining('it is a payment that came') },
  });
});
