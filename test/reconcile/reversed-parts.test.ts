import { extractText, getDocumentProxy } from 'unpdf';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newReceipt, openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { newPhone, statusOf } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { importedAndSigned, show } from './importing.ts';
import { type Line, paid, portalFile, reversed } from './portal-file.ts';

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
  await world.inbox.clear();
});

const books = () => balances(world.app.db);
const post = async (path: string, body: unknown) => {
  const response = await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const takeBack = (id: string) => post(`/api/deposits/${id}/take-back`, { reason: 'Two mugs were broken' });

let closing = 0;
const DAY = 24 * 3_600_000;
type Paid = { id: string; receipt: string; shillings: number; parts: Line[] };

/** A payment that came, and is on yesterday's signed statement. */
async function paidAt(account: string, shillings: number, phone = newPhone()): Promise<Paid> {
  const paying = await payBill(world, { account, amountShillings: shillings, phone });
  await world.pass(6);
  if (!('receipt' in paying)) throw new Error('It was not paid.');
  const { receipt } = paying;
  const [row] = await world.database.sql<{ id: string; at: Date }>('select id, moved_at as at from deposits where receipt = $1', [receipt]);
  await signed([paid(receipt, new Date(row?.at ?? 0), shillings, account, `2547****${phone.slice(-3)} - JANE **** DOE`)], closing);
  await world.clock.advance(DAY);
  return { id: row?.id ?? '', receipt, shillings, parts: [] };
}

async function signed(lines: Line[], opening: number, from = world.clock.now()): Promise<void> {
  const { statementId } = await importedAndSigned(world, portalFile('174379', from, world.clock.now(), opening, lines));
  expect((await show(world, statementId)).state).toBe('done');
  closing = lines.reduce((sum, { shillings, out }) => sum + (out ? -shillings : shillings), opening);
}

/** Today's signed statement, with these parts of a payment given back in the portal. */
async function givenBack(of: Paid, ...parts: number[]): Promise<void> {
  const lines = parts.map((shillings) => reversed(newReceipt(world.clock.now()), world.clock.now(), shillings, of.receipt));
  of.parts.push(...lines);
  await signed(lines, closing);
  await world.clock.advance(DAY);
}
/** A signed statement of these days in which all parts stand once more. */
async function listedAgain(of: Paid): Promise<void> {
  const opening = of.parts.reduce((sum, { shillings }) => sum + shillings, closing);
  await signed(of.parts, opening, of.parts[0]?.at);
  await world.clock.advance(DAY);
}

const change = async (before: Record<string, bigint>) =>
  Object.fromEntries(
    Object.entries(await books())
      .map(([account, cents]) => [account, Number(cents - (before[account] ?? 0n)) / 100] as const)
      .filter(([, shillings]) => shillings !== 0),
  );

test('a part of an order that was reversed in the portal is taken back by a person as a refund of it: once, with its credit note and its mail; the rest is free again', async () => {
  const { paymentId, reference } = await owe(world, 'coffee', undefined, 'achieng@example.com');
  const amount = (await statusOf(world, paymentId)).amount as number;
  const phoneNumber = newPhone();
  const order = await paidAt(reference, amount, phoneNumber);
  const before = await books();
  await givenBack(order, 200);
  expect(await openTasks(world)).toMatchObject({ statement_reversed: 1 });
  expect(await post('/api/refunds', { depositId: order.id, amount: 100, method: 'b2c', reason: 'Not ours' })).toMatchObject({
    status: 409,
    body: {
      code: 'reversed_elsewhere',
      detail: expect.stringContaining(`KES 200 of this KES ${amount.toLocaleString('en')} was reversed`),
    },
  });
  await world.inbox.clear();

  const answers = await Promise.all([takeBack(order.id), takeBack(order.id), takeBack(order.id)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
  expect(answers.find(({ status }) => status === 200)?.body).toEqual({ depositId: order.id, state: 'part_taken_back', amount: 200 });
  await world.pass(3);
  const sums = await change(before);
  expect(sums).toMatchObject({ paybill_float: -200 });
  expect([sums.receivables, sums.refunds]).toEqual([undefined, undefined]);
  expect((sums.sales ?? 0) + (sums.vat_payable ?? 0)).toBe(-200);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'refunded', refundedAmount: 200 });

  const mails = world.inbox.messages();
  expect(mails).toHaveLength(1);
  for (const words of ['Credit note', 'KES 200.00', 'Two mugs were broken', 'We have sent your money back.'])
    expect(mails[0]?.text).toContain(words);
  // an overlapping statement finds nothing new, and the rest can be refunded
  await listedAgain(order);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
  const refund = (shillings: number) =>
    post('/api/refunds', { depositId: order.id, amount: shillings, method: 'b2c', reason: 'Returned', phoneNumber });
  expect(await refund(amount - 199)).toMatchObject({
    body: { code: 'refund_too_large' },
  });
  expect((await refund(amount - 200)).status).toBe(201);
});

test('each part that is refunded opens its task, and both together are credited to the cent', async () => {
  const { paymentId, reference } = await owe(world, 'coffee');
  const amount = (await statusOf(world, paymentId)).amount as number;
  const order = await paidAt(reference, amount);
  const before = await books();
  await givenBack(order, 300);
  expect((await takeBack(order.id)).status).toBe(200);
  await world.pass(2);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
  await givenBack(order, amount - 300);
  expect(await openTasks(world)).toMatchObject({ statement_reversed: 1 });
  expect(await takeBack(order.id)).toMatchObject({ status: 200, body: { amount: amount - 300 } });
  await world.pass(2);
  const sums = await change(before);
  expect((sums.sales ?? 0) + (sums.vat_payable ?? 0)).toBe(-amount);
  expect([sums.receivables, sums.refunds, sums.paybill_float]).toEqual([undefined, undefined, -amount]);
  expect(
    await world.database.sql("select sum(total_cents)::int as credited from invoices where payment_id = $1 and kind = 'credit_note'", [
      paymentId,
    ]),
  ).toEqual([{ credited: amount * 100 }]);
  expect(await takeBack(order.id)).toMatchObject({ status: 409, body: { code: 'deposit_not_refuted' } });
});

test('a task that a person closed comes back for a further part, and not for the same line', async () => {
  const order = await paidAt('SHAMBA', 900);
  await givenBack(order, 100);
  expect(await openTasks(world)).toMatchObject({ statement_reversed: 1 });
  await world.database.sql("update reviews set closed_at = now(), closed_by = 'test' where closed_at is null");
  await listedAgain(order);
  expect(await openTasks(world)).not.toHaveProperty('statement_reversed');
  await givenBack(order, 50);
  expect(await openTasks(world)).toMatchObject({ statement_reversed: 1 });
});

test('of money in suspense the part goes out of it, and the rest is matched', async () => {
  const order = await paidAt('SHAMBA', 700);
  const before = await books();
  await givenBack(order, 100, 150);
  expect(await takeBack(order.id)).toMatchObject({ status: 200, body: { amount: 250 } });
  await world.pass(2);
  expect(await change(before)).toEqual({ paybill_float: -250, suspense: -250 });
  const { paymentId } = await owe(world, 'maize');
  expect((await post(`/api/deposits/${order.id}/match`, { paymentId })).status).toBe(200);
});

describe('a part is not taken back', () => {
  test('while a payout of the same money is asked for', async () => {
    const { paymentId, reference } = await owe(world, 'coffee');
    const order = await paidAt(reference, (await statusOf(world, paymentId)).amount as number);
    expect((await post('/api/refunds', { paymentId, method: 'reversal', reason: 'Returned' })).status).toBe(201);
    await givenBack(order, 200);
    expect(await takeBack(order.id)).toMatchObject({ status: 409, body: { code: 'payout_under_way' } });
  });

  test('where it stands in no sale, surplus or suspense: nothing is booked, and it is said what to do', async () => {
    const { paymentId, reference } = await owe(world, 'coffee');
    const order = await paidAt(reference, (await statusOf(world, paymentId)).amount as number);
    const [row] = await world.database.sql<{ id: string }>('select payment_id as id from deposits where id = $1', [order.id]);
    await world.database.sql("update payments set purpose = 'loan' where id = $1", [row?.id]);
    await givenBack(order, 200);
    const before = await books();
    expect(await takeBack(order.id)).toMatchObject({
      status: 422,
      body: { code: 'refund_too_large', detail: expect.stringContaining('POST /api/repayments/<id>/reverse') },
    });
    expect(await change(before)).toEqual({});
  });

  test('by a key', async () => {
    const order = await paidAt('SHAMBA', 800);
    await givenBack(order, 200);
    const response = await world.send('POST', `/api/deposits/${order.id}/take-back`, { body: { reason: 'Portal' } });
    expect(response.status).toBe(401);
  });
});

test('the credit note of a part says in the PDF why, and how VAT is divided', async () => {
  const { paymentId, reference } = await owe(world, 'coffee');
  const order = await paidAt(reference, (await statusOf(world, paymentId)).amount as number);
  await givenBack(order, 200);
  await takeBack(order.id);
  await world.pass(2);
  const [note] = await world.database.sql<{ id: string }>("select id from invoices where payment_id = $1 and kind = 'credit_note'", [
    paymentId,
  ]);
  const { readInvoice } = await import('#shop/invoices/read-invoice.ts');
  const { renderInvoicePdf } = await import('#shop/invoices/render-pdf.ts');
  const read = await readInvoice(world.app, note?.id ?? '');
  if (!read) throw new Error('There is no credit note.');
  const { text } = await extractText(await getDocumentProxy(await renderInvoicePdf(read.document)));
  const words = text.join(' ').replace(/\s+/g, ' ');
  for (const each of ['Two mugs were broken', 'It is divided in proportion over everything sold', 'Credits invoice'])
    expect(words).toContain(each);
  expect(read.document.payment.receipt).toMatch(/^[A-Z0-9]{10}$/);
});
