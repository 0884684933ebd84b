import { afterEach, beforeEach, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newReceipt, openTasks, payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { putRow } from '../world/put-row.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, imported, importedAndSigned, show } from './importing.ts';
import { type Line, portalFile } from './portal-file.ts';

// What a withdrawn statement alone showed as reversed in the portal is undone, and what it asked of people is not asked any more.

let world: World;
beforeEach(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
});
afterEach(() => world.stop());

const post = async (path: string, body: unknown, role: 'treasurer' | 'admin' = 'treasurer') => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, role) });
  return { status: response.status, ...((await response.json()) as { code?: string; entryId?: string; payoutId?: string }) };
};
const books = () => balances(world.app.db);
const reason = 'It was opened in a spreadsheet';
const withdraw = (id: string) => post(`/api/statements/${id}/withdraw`, { reason });
const closed = (kind: string, subject: string) =>
  world.database.sql<{ note: string | null }>(
    'select note from reviews where kind = $1 and subject = $2 and closed_at is not null order by closed_at',
    [kind, subject],
  );
const WITHDRAWN = { note: 'The statement was withdrawn.' };

async function came(amountShillings: number) {
  const phone = newPhone();
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings, phone });
  await world.pass(6);
  const receipt = 'receipt' in paid ? paid.receipt : '';
  const deposit = async () =>
    (
      await world.database.sql<{ id: string; reversed: string | null; taken: boolean }>(
        'select id, reversed_elsewhere_cents as reversed, taken_back_at is not null as taken from deposits where receipt = $1 and merged_into is null',
        [receipt],
      )
    )[0] ?? { id: '', reversed: null, taken: false };
  return { receipt, phone, deposit };
}
const refund = async ({ phone, deposit }: Awaited<ReturnType<typeof came>>) => {
  const asked = await post('/api/refunds', { depositId: (await deposit()).id, phoneNumber: phone, method: 'b2c', reason: 'Not ours' });
  if (asked.payoutId) expect((await post(`/api/payouts/${asked.payoutId}/decision`, { decision: 'decline' })).status).toBe(200);
  return asked;
};
async function signed(layout: 'V1' | 'V2' = 'V1') {
  const { bytes, name } = await exported(world, { layout });
  const { statementId } = await importedAndSigned(world, bytes, name);
  await world.pass(1);
  return { statementId, again: async () => (await importedAndSigned(world, bytes, name)).statementId };
}
/** A signed statement has a reversal of this payment. */
async function reversed(layout: 'V1' | 'V2' = 'V1') {
  const given = await came(700);
  const before = await books();
  world.simulator.control.reverseByHand({ receipt: given.receipt });
  const statement = await signed(layout);
  expect((await books()).receivables).toBe(70_000n);
  return { given, before, ...statement };
}

test('a payment that it had locked is free again and on the float; signed again, its file locks it and asks again', async () => {
  const { given, before, statementId, again } = await reversed();
  expect(await refund(given)).toMatchObject({ code: 'reversed_elsewhere' });
  expect(await withdraw(statementId)).toMatchObject({ status: 200 });
  expect(await books()).toEqual(before);
  expect(await given.deposit()).toMatchObject({ reversed: null, taken: false });
  expect(await closed('statement_reversed', given.receipt)).toEqual([WITHDRAWN]);
  expect(await refund(given)).toMatchObject({ status: 201 });
  await again();
  await world.pass(1);
  expect([(await books()).receivables, (await given.deposit()).reversed]).toEqual([70_000n, '70000']);
  expect(await openTasks(world)).toMatchObject({ statement_reversed: 1 });
});

test('it is not withdrawn while a payment was taken back, whole or in part, because it alone shows that; once another shows it too, it is', async () => {
  const { given, statementId } = await reversed();
  const { id } = await given.deposit();
  expect((await post(`/api/deposits/${id}/take-back`, { reason: 'Reversed in the portal' })).status).toBe(200);
  const after = await books();
  expect(await withdraw(statementId)).toMatchObject({ status: 409, code: 'money_already_moved' });
  expect([await books(), await given.deposit()]).toEqual([after, { id, reversed: '70000', taken: true }]);
  await payBill(world, { account: 'SHAMBA', amountShillings: 11 });
  await world.pass(6);
  await signed('V2'); // does not say which payment it was
  expect(await withdraw(statementId)).toMatchObject({ status: 409, code: 'money_already_moved' });
  await payBill(world, { account: 'SHAMBA', amountShillings: 12 });
  await world.pass(6);
  await signed();
  const before = await books();
  expect(await withdraw(statementId)).toMatchObject({ status: 200 });
  await world.pass(1);
  expect([await books(), await given.deposit()]).toEqual([before, { id, reversed: '70000', taken: true }]);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
});

test('nor while M-PESA itself has said that a payment was reversed before', async () => {
  const { given, statementId } = await reversed();
  const { id } = await given.deposit();
  const payoutId = '01930000-0000-7000-8000-0000000000aa';
  await putRow(world.database, 'payouts', { id: payoutId, kind: 'reversal', subject_id: id, state: 'rejected', amount_cents: 70_000 });
  const rejected = { payout_id: payoutId, state: 'rejected', result_code: 'R000001', amount_cents: 70_000 };
  const withdrawal = await putRow(world.database, 'withdrawals', rejected);
  expect(await withdraw(statementId)).toMatchObject({ status: 409, code: 'money_already_moved' });
  await world.database.sql("update withdrawals set result_code = '2001' where id = $1", [withdrawal]);
  expect(await withdraw(statementId)).toMatchObject({ status: 200 });
  expect((await given.deposit()).reversed).toBe(null);
});

test('a reversal that does not say which payment holds nothing any more, nor what two people had said of it', async () => {
  const { given, before, statementId, again } = await reversed('V2');
  const [line] = (await show(world, statementId, '?finding=reversed')).lines;
  const reversal = line?.receipt ?? '';
  expect(line).toMatchObject({ verdict: 'unlinked' });
  expect(await refund(given)).toMatchObject({ code: 'reversed_elsewhere' });
  const on = new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
  const depositId = (await given.deposit()).id;
  const entry = await post('/api/float-entries', { kind: 'paid_out', receipt: reversal, amount: 700, on, depositId, note: 'This one' });
  expect((await post(`/api/float-entries/${entry.entryId}/approve`, {}, 'admin')).status).toBe(200);
  expect((await given.deposit()).reversed).toBe('70000');

  expect(await withdraw(statementId)).toMatchObject({ status: 200 });
  expect(await books()).toEqual(before);
  expect((await given.deposit()).reversed).toBe(null);
  expect(await refund(given)).toMatchObject({ status: 201 });
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
  expect(await world.database.sql("select state from float_entries where kind = 'paid_out'")).toEqual([{ state: 'rejected' }]);

  await again();
  await world.pass(1);
  expect(await openTasks(world)).toMatchObject({ statement_reversed: 1 });
  expect((await books()).receivables).toBe(70_000n);
});

test('what another signed statement shows stays locked, with its task, whichever of the two is withdrawn first', async () => {
  const { given, statementId } = await reversed();
  await payBill(world, { account: 'SHAMBA', amountShillings: 11 });
  await world.pass(6);
  const overlapping = await signed();
  expect(await withdraw(statementId)).toMatchObject({ status: 200 });
  expect((await given.deposit()).reversed).toBe('70000');
  expect(await refund(given)).toMatchObject({ code: 'reversed_elsewhere' });
  expect(await openTasks(world)).toMatchObject({ statement_reversed: 1 });
  expect((await books()).receivables).toBe(70_000n);
  expect(await withdraw(overlapping.statementId)).toMatchObject({ status: 200 });
  expect([(await given.deposit()).reversed, (await books()).receivables ?? 0n]).toEqual([null, 0n]);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
});

test('the one task of many reversals is not the last word: what another statement shows of them has a task of its own', async () => {
  const given = [];
  for (let n = 0; n < 21; n += 1) {
    const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 100 + n });
    if ('receipt' in paid) given.push(paid.receipt);
  }
  await world.pass(6);
  for (const receipt of given) world.simulator.control.reverseByHand({ receipt });
  const { statementId } = await signed();
  expect(await closed('statement_reversed', statementId)).toEqual([]);
  expect(await openTasks(world)).toMatchObject({ statement_reversed: 1 });
  await payBill(world, { account: 'SHAMBA', amountShillings: 11 });
  await world.pass(6);
  await signed();
  await world.database.sql("update reviews set closed_at = now(), closed_by = 'test' where kind = 'statement_reversed' and subject <> $1", [
    statementId,
  ]);
  expect(await withdraw(statementId)).toMatchObject({ status: 200 });
  expect(await closed('statement_reversed', statementId)).toEqual([WITHDRAWN]);
  expect(await openTasks(world)).toMatchObject({ statement_reversed: 21 });
});

test('money that left by its lines alone is not asked for, nor entered as paid by hand; the right statement asks again', async () => {
  const at = world.clock.now();
  await world.clock.advance(3_600_000);
  const out = (shillings: number): Line => ({
    ...{ receipt: newReceipt(at), at, shillings, out: true, party: '2547****126 - JANE **** DOE' },
    ...{ details: 'Business Payment to Customer to 2547****126 - JANE **** DOE', reason: 'Business Payment to Customer' },
  });
  const line = out(30);
  const { statementId } = await importedAndSigned(world, portalFile('174379', at, at, 20_000, [line]), 'wrong.csv');
  await world.pass(1);
  const on = new Date(at.getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
  const { entryId } = await post('/api/float-entries', { kind: 'paid_out', receipt: line.receipt, amount: 30, on, note: 'By hand' });
  expect(await openTasks(world)).toMatchObject({ statement_money_out: 1 });
  expect(await withdraw(statementId)).toMatchObject({ status: 200 });
  expect(await closed('statement_money_out', line.receipt)).toEqual([WITHDRAWN]);
  expect(await post(`/api/float-entries/${entryId}/approve`, {}, 'admin')).toMatchObject({ code: 'paid_out_not_shown' });
  const right = await imported(world, portalFile('174379', at, at, 20_030, [line]), 'right.csv');
  expect((await post(`/api/statements/${right.statementId}/sign-off`, {})).status).toBe(200);
  await world.pass(1);
  expect(await openTasks(world)).toMatchObject({ statement_money_out: 1 });
  expect(await post(`/api/float-entries/${entryId}/approve`, {}, 'admin')).toMatchObject({ status: 200 });
});

test('money that left by a line of another signed statement too is still asked for', async () => {
  const at = world.clock.now();
  await world.clock.advance(3_600_000);
  const out = (n: number): Line => ({
    ...{
      receipt: newReceipt(at),
      at: new Date(at.getTime() + n * 1_000),
      shillings: 30 + n,
      out: true,
      party: '2547****126 - JANE **** DOE',
    },
    ...{ details: 'Business Payment to Customer to 2547****126 - JANE **** DOE', reason: 'Business Payment to Customer' },
  });
  const [both, later] = [out(1), out(2)];
  const { statementId } = await importedAndSigned(world, portalFile('174379', at, at, 20_000, [both]), 'part.csv');
  const whole = await importedAndSigned(world, portalFile('174379', at, at, 20_000, [both, later]), 'whole.csv');
  await world.pass(1);
  expect(await openTasks(world)).toMatchObject({ statement_money_out: 2 });
  expect(await withdraw(statementId)).toMatchObject({ status: 200 });
  expect(await openTasks(world)).toMatchObject({ statement_money_out: 2 });
  expect(await withdraw(whole.statementId)).toMatchObject({ status: 200 });
  expect(await openTasks(world)).not.toHaveProperty('statement_money_out');
});

test('a payout that it may have shown is not asked for by it any more, and by the right one again', async () => {
  world.simulator.control.fault({ api: 'transactionstatus', fault: 'server-error', times: 60 });
  world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
  const { payoutId } = await post('/api/payouts', { phoneNumber: newPhone(), amount: 800, reason: 'Supplier' });
  expect((await post(`/api/payouts/${payoutId}/decision`, {}, 'admin')).status).toBe(200);
  await world.pass(2);
  const statement = await signed();
  await world.pass(20);
  expect(await openTasks(world)).toMatchObject({ payout_on_statement: 1 });
  expect(await withdraw(statement.statementId)).toMatchObject({ status: 200 });
  expect(await openTasks(world)).not.toHaveProperty('payout_on_statement');
  await world.pass(20);
  expect(await openTasks(world)).not.toHaveProperty('payout_on_statement');
  await statement.again();
  await world.pass(20);
  expect(await openTasks(world)).toMatchObject({ payout_on_statement: 1 });
});
