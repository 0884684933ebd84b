import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// A reversal of ours that was taken for rejected stands in a statement of the newer layout, which does not say of which payment; then its own result says it.

let world: World;
beforeEach(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
});
afterEach(() => world.stop());
const really = () => world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0;
const post = async (path: string, body: object) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
async function came(amountShillings: number) {
  const phone = newPhone();
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings, phone });
  await world.pass(6);
  const receipt = 'receipt' in paid ? paid.receipt : '';
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return { id: deposit?.id ?? '', receipt, phone };
}

/** What Safaricom says of our reversal of a payment: that it failed, or, with its receipt, that it was paid. */
const told = (payoutId: unknown, of: { receipt: string }, reversal?: string) =>
  world.database.sql(
    `select settle_withdrawal_4(w.id, 'reversal', $5 || w.id, 'y', $5, case $5 when 'paid' then w.amount_cents end, $3, false, w.id::text, null, null, $4, $6, '174379', null, $2) as verdict from withdrawals w where w.payout_id = $1`,
    [payoutId, world.clock.now(), reversal ?? null, of.receipt, ...(reversal ? ['paid', '0'] : ['failed', 'R000002'])],
  );
async function takenForRejected(of: { id: string; receipt: string }) {
  world.simulator.control.plan({ api: 'reversal', next: 1, lost: true });
  const { body } = await post('/api/refunds', { depositId: of.id, method: 'reversal', reason: 'Not ours' });
  expect((await post(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(1);
  expect(await told(body.payoutId, of)).toEqual([{ verdict: 'rejects' }]);
  return body.payoutId;
}
/** The reversals of a signed statement of the newer layout whose payment nobody knows. */
async function unlinked() {
  await world.clock.advance(120_000);
  await world.settled();
  const { bytes, name } = await exported(world, { layout: 'V2' });
  await importedAndSigned(world, bytes, name);
  await world.pass(3);
  return (await world.database.sql<{ receipt: string }>("select receipt from statement_lines where verdict = 'unlinked'")).map(
    ({ receipt }) => receipt,
  );
}
/** Two people say which payment a reversal gave back: why not, if not. */
async function said(receipt: string, depositId: string) {
  const on = new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
  const entry = await post('/api/float-entries', { kind: 'paid_out', receipt, amount: 700, on, note: 'It was this one', depositId });
  return (await post(`/api/float-entries/${entry.body.entryId}/approve`, {})).body.code;
}

test.each(['nobody', 'two people, rightly', 'two people, of another', 'two people of another, taken back'] as const)(
  '%s said before which payment it was',
  async (who) => {
    const [ours, other] = [await came(700), await came(700)];
    const payoutId = await takenForRejected(ours);
    const [reversal = ''] = await unlinked();
    if (who !== 'nobody') expect(await said(reversal, who === 'two people, rightly' ? ours.id : other.id)).toBe(undefined);
    if (who.endsWith('taken back')) expect((await post(`/api/deposits/${other.id}/take-back`, { reason: 'Given back' })).status).toBe(200);
    expect(await told(payoutId, ours, reversal)).toEqual([{ verdict: who === 'two people, rightly' ? 'known' : 'late' }]);
    await world.pass(6);
    await post(`/api/deposits/${ours.id}/take-back`, { reason: 'Given back' });
    await world.pass(3);
    const { paybill_float: float, receivables = 0n, suspense } = await balances(world.app.db);
    expect([float, receivables, suspense]).toEqual([BigInt(really() * 100), 0n, BigInt(really() * 100)]);
    const [fresh] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [other.receipt]); // opened anew, where it was taken back
    const refund = async (id: unknown, phoneNumber: string) =>
      (await post('/api/refunds', { depositId: id, method: 'b2c', phoneNumber, reason: 'Once more' })).status;
    expect(await refund(ours.id, ours.phone)).not.toBe(201);
    expect(await refund(fresh?.id, other.phone)).toBe(201);
  },
);

test('of what our own reversal gave back, people cannot say that another one did', async () => {
  const [ours, other] = [await came(700), await came(700)];
  const { body } = await post('/api/refunds', { depositId: ours.id, method: 'reversal', reason: 'Not ours' });
  expect((await post(`/api/payouts/${body.payoutId}/decision`, {})).status).toBe(200);
  await world.pass(10);
  const { receipt } = world.simulator.control.reverseByHand({ receipt: other.receipt });
  expect(await unlinked()).toEqual([receipt]);
  expect(await said(receipt, ours.id)).toBe('paid_out_not_shown');
});

test('people said that another reversal gave back ours: it is nobody’s again, and locks what it may have returned', async () => {
  const [ours, other] = [await came(700), await came(700)];
  const payoutId = await takenForRejected(ours);
  const { receipt } = world.simulator.control.reverseByHand({ receipt: other.receipt });
  const own = (await unlinked()).find((line) => line !== receipt) ?? '';
  expect(await said(receipt, ours.id)).toBe(undefined);
  expect(await told(payoutId, ours, own)).toEqual([{ verdict: 'late' }]);
  await world.pass(3);
  const { paybill_float: float, receivables, suspense } = await balances(world.app.db);
  expect([float, receivables, suspense]).toEqual([BigInt(really() * 100), 70_000n, BigInt((really() + 700) * 100)]);
  expect(await world.database.sql("select subject from reviews where kind = 'statement_reversed' and closed_at is null")).toEqual([
    { subject: receipt },
  ]);
  expect(
    (await post('/api/refunds', { depositId: other.id, method: 'b2c', phoneNumber: other.phone, reason: 'Once more' })).body.code,
  ).toBe('reversed_elsewhere');
  expect(await said(receipt, other.id)).toBe(undefined);
  expect((await post(`/api/deposits/${other.id}/take-back`, { reason: 'Given back' })).status).toBe(200);
  expect((await balances(world.app.db)).receivables ?? 0n).toBe(0n);
});
