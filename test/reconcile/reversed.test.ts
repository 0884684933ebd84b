import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { newPhone, statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, imported, importedAndSigned, show, signOff } from './importing.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.database.sql("update reviews set closed_at = now(), closed_by = 'test' where closed_at is null");
});

const atSafaricom = () => BigInt(Math.round((world.simulator.control.truth().accounts['174379']?.utilityShillings ?? 0) * 100));
const books = () => balances(world.app.db);
const float = async () => (await books()).paybill_float ?? 0n;
const post = async (path: string, body: unknown, role: 'treasurer' | 'admin' = 'treasurer') =>
  world.send('POST', path, { body, headers: await signedIn(world, role) });
const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code?: string }).code];
const takeBack = (id: string) => post(`/api/deposits/${id}/take-back`, { reason: 'Given back in the portal' });

async function importNow() {
  const { bytes, name } = await exported(world);
  const shown = await importedAndSigned(world, bytes, name);
  await world.pass(1);
  return show(world, shown.statementId, '?finding=reversed');
}

/** A payment that came, of which nobody has told us if `lost`, and that a person then gave back in the portal. */
async function reversedByHand({
  account,
  amountShillings,
  phone = newPhone(),
  lost = false,
}: {
  account: string;
  amountShillings: number;
  phone?: string;
  lost?: boolean;
}) {
  if (lost) world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  const paid = await payBill(world, { account, amountShillings, phone });
  await world.pass(6);
  if (!('receipt' in paid)) throw new Error('It was not paid.');
  world.simulator.control.reverseByHand({ receipt: paid.receipt });
  const deposit = async () =>
    (
      await world.database.sql<{ id: string; reversed: string | null; taken: boolean }>(
        'select id, reversed_elsewhere_cents as reversed, taken_back_at is not null as taken from deposits where receipt = $1',
        [paid.receipt],
      )
    )[0];
  return { receipt: paid.receipt, phone, deposit };
}

test('money that a signed statement shows as reversed in the portal leaves by no refund, reversal or match, and not the float a second time', async () => {
  const { receipt, phone, deposit } = await reversedByHand({ account: 'SHAMBA', amountShillings: 700 });
  expect((await float()) - atSafaricom()).toBe(70_000n);
  await importNow();
  const { id = '' } = (await deposit()) ?? {};
  expect(await openTasks(world)).toMatchObject({ statement_reversed: 1 });
  expect((await float()) - atSafaricom()).toBe(0n);
  const before = atSafaricom();
  for (const method of ['b2c', 'reversal'])
    expect(
      await codeOf(
        await post('/api/refunds', { depositId: id, ...(method === 'b2c' && { phoneNumber: phone }), method, reason: 'Not ours' }),
      ),
    ).toEqual([409, 'reversed_elsewhere']);
  const { reference } = await owe(world, 'maize');
  expect((await post(`/api/deposits/${id}/match`, { reference })).status).toBeGreaterThanOrEqual(400);

  const suspense = (await books()).suspense ?? 0n;
  const answers = await Promise.all([takeBack(id), takeBack(id), takeBack(id)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
  expect((await books()).suspense).toBe(suspense - 70_000n);
  expect((await books()).receivables ?? 0n).toBe(0n);
  expect([(await float()) - atSafaricom(), atSafaricom()]).toEqual([0n, before]);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
  // an overlapping statement finds nothing new
  await payBill(world, { account: 'SHAMBA', amountShillings: 11 });
  const again = await importNow();
  expect(again.lines.filter((line) => line.receipt === receipt)).toEqual([]);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
  expect((await float()) - atSafaricom()).toBe(0n);
});

test('a payment that one file shows as paid and as returned pays no order, asks nobody for anything and stands in no float', async () => {
  const { paymentId, reference } = await owe(world, 'maize');
  const { deposit } = await reversedByHand({ account: reference, amountShillings: 200, lost: true });
  const { lines } = await importNow();
  expect(lines.map(({ verdict }) => verdict)).toContain('taken_back');
  expect((await statusOf(world, paymentId)).status).toBe('reversed');
  expect(await deposit()).toMatchObject({ taken: true });
  expect((await float()) - atSafaricom()).toBe(0n);
  expect((await books()).clearing ?? 0n).toBe(0n);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
});

test('an order whose payment was reversed in the portal is reversed by a person, with its credit note', async () => {
  const { paymentId, reference } = await owe(world, 'maize');
  const before = await books();
  const { deposit } = await reversedByHand({ account: reference, amountShillings: 200 });
  expect((await statusOf(world, paymentId)).status).toBe('paid');
  await importNow();
  const { id = '' } = (await deposit()) ?? {};
  expect((await books()).receivables).toBe((before.receivables ?? 0n) + 20_000n);
  expect((await takeBack(id)).status).toBe(200);
  expect((await statusOf(world, paymentId)).status).toBe('reversed');
  expect(await world.database.sql('select kind from invoices where payment_id = $1 order by created_at, kind', [paymentId])).toMatchObject([
    { kind: expect.any(String) },
    { kind: 'credit_note' },
  ]);
  const after = await books();
  for (const account of ['sales', 'vat', 'receivables', 'suspense'])
    expect([account, after[account as never] ?? 0n]).toEqual([account, before[account as never] ?? 0n]);
  expect((await float()) - atSafaricom()).toBe(0n);
});

describe('a refund that was asked for before the statement said so', () => {
  const asked = async (account: string) => {
    const { phone, deposit, receipt } = await reversedByHand({ account, amountShillings: 300 });
    const { id = '' } = (await deposit()) ?? {};
    const answer = await post('/api/refunds', { depositId: id, phoneNumber: phone, method: 'b2c', reason: 'Not ours' });
    expect(answer.status).toBe(201);
    const { payoutId } = (await answer.json()) as { payoutId: string };
    return { id, payoutId, receipt };
  };

  test('is not approved', async () => {
    const { id, payoutId } = await asked('SHAMBA');
    await importNow();
    const before = atSafaricom();
    const refused = await post(`/api/payouts/${payoutId}/decision`, {}, 'admin');
    expect(await refused.json()).toMatchObject({
      code: 'reversed_elsewhere',
      detail: expect.stringContaining(`Take it back: POST /api/deposits/${id}/take-back`),
    });
    expect((await post(`/api/payouts/${payoutId}/decision`, { decision: 'decline' }, 'admin')).status).toBe(200);
    expect(atSafaricom()).toBe(before);
  });

  test('is not sent, if it was approved and waits', async () => {
    const { id, payoutId } = await asked('SHAMBA');
    await world.database.sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())");
    expect((await post(`/api/payouts/${payoutId}/decision`, {}, 'admin')).status).toBe(200);
    await importNow();
    await world.database.sql('delete from stops');
    const before = atSafaricom();
    await world.pass(10);
    expect(atSafaricom()).toBe(before);
    expect(await world.database.sql('select state from withdrawals where payout_id = $1', [payoutId])).toEqual([{ state: 'rejected' }]);
    const [task] = await world.database.sql<{ words: string }>('select words from reviews where subject = $1', [payoutId]);
    expect(task?.words).toMatch(/did not leave\. Malipo did not send it, .* was refunded in Safaricom's portal/);
    expect((await takeBack(id)).status).toBe(200);
    expect((await books()).receivables ?? 0n).toBe(0n + 30_000n); // of the test before, which nobody has taken back
    expect((await float()) - atSafaricom()).toBe(0n);
  });
});

test("a reversal that we asked for and whose end was lost is nobody else's: Safaricom is asked again, and nothing is booked twice", async () => {
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 640 });
  await world.pass(6);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
    'receipt' in paid ? paid.receipt : '',
  ]);
  world.simulator.control.plan({ api: 'reversal', next: 1, lost: true });
  const answer = await post('/api/refunds', { depositId: deposit?.id, method: 'reversal', reason: 'Not ours' });
  const { payoutId } = (await answer.json()) as { payoutId: string };
  const before = (await float()) - atSafaricom();
  const atFirst = atSafaricom();
  expect((await post(`/api/payouts/${payoutId}/decision`, {}, 'admin')).status).toBe(200);
  await world.pass(2);
  expect(await world.database.sql('select state from withdrawals where payout_id = $1', [payoutId])).toEqual([{ state: 'dispatched' }]);
  expect(atFirst - atSafaricom()).toBe(64_000n); // it has left, and only its result is lost
  const { bytes, name } = await exported(world);
  const { statementId, findings } = await imported(world, bytes, name);
  expect(findings).toContainEqual({ finding: 'unresolved', direction: 'out', count: 1, amount: 640 });
  expect((await signOff(world, statementId, await signedIn(world, 'treasurer'))).status).toBe(200);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
  await world.pass(3);
  expect(await world.database.sql('select state from withdrawals where payout_id = $1', [payoutId])).toEqual([{ state: 'paid' }]);
  expect((await float()) - atSafaricom()).toBe(before);
  expect((await show(world, statementId, '?finding=unresolved')).lines).toMatchObject([{ verdict: 'agrees' }]);
  for (const kind of ['payout_on_statement', 'statement_reversed']) expect(await openTasks(world)).not.toHaveProperty(kind);
});
