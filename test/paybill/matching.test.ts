import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newId } from '#ground/db/columns.ts';
import { statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { confirm, deposits, match, newReceipt, noticeBody, openTasks, owe, payBill, register } from './paybill.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(() => world.stop());

const open = (sku?: string, phoneNumber?: string) => owe(world, sku, phoneNumber);

/** Money that waits in suspense. */
async function waiting(amount: number, notice: Record<string, unknown> = {}) {
  const receipt = newReceipt();
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: String(amount), BillRefNumber: 'SHAMBA', ...notice }));
  const found = (await deposits(world)).find((deposit) => deposit.receipt === receipt);
  if (!found) throw new Error('The money does not wait.');
  return found;
}

/** The same reference with another last character, so that the check character disagrees. */
const mistype = (reference: string) => reference.slice(0, -1) + (reference.endsWith('7') ? '8' : '7');

const clearing = async () => (await balances(world.app.db)).clearing;

test('a mistyped reference is suggested, a person matches it, and the books balance', async () => {
  const { paymentId, reference } = await open();
  const paid = await payBill(world, { account: mistype(reference) });
  const receipt = 'receipt' in paid ? paid.receipt : '';
  const found = (await deposits(world)).find((deposit) => deposit.receipt === receipt);
  expect(found).toMatchObject({ waiting: 1250, typedReference: mistype(reference) });
  expect(found?.suggestions[0]).toMatchObject({ paymentId, reference, reasons: expect.arrayContaining(['reference', 'amount']) });

  const response = await match(world, found?.depositId ?? '', { paymentId });
  expect(await response.json()).toEqual({ depositId: found?.depositId, paid: [{ paymentId, reference, amount: 1250 }], left: 0 });
  expect(await statusOf(world, paymentId)).toMatchObject({
    status: 'paid',
    mpesaReceiptNumber: receipt,
    invoiceUrl: `/api/invoices/${paymentId}.pdf`,
  });
  const history = await world.send('GET', `/api/payments?receipt=${receipt}`, { headers: await operator(world, 'payments:read') });
  expect(await history.json()).toMatchObject({ payments: [{ paymentId, mpesaReceiptNumber: receipt }] });
  expect((await deposits(world)).map((deposit) => deposit.receipt)).not.toContain(receipt);
  const { suspense, sales, vat_payable } = await balances(world.app.db);
  expect({ suspense, income: (sales ?? 0n) + (vat_payable ?? 0n) }).toEqual({ suspense: 0n, income: 125_000n });
  const { floatCents, truthCents, clearingCents } = await booksBalance(world);
  expect({ floatCents, clearingCents }).toEqual({ floatCents: truthCents, clearingCents: 0n });
  expect(await openTasks(world)).toEqual({});
  const [audited] = await world.database.sql("select subject, after from audit where action = 'deposit_matched'");
  expect(audited).toEqual({ subject: found?.depositId, after: { paid: [{ paymentId, reference, amount: 1250 }] } });
});

describe('suggestions', () => {
  const reasonsFor = async (paymentId: string, notice: Record<string, unknown>) => {
    const found = await waiting(10, notice);
    return found.suggestions.find((suggestion) => suggestion.paymentId === paymentId)?.reasons;
  };

  test.each([
    ['a wrong character', mistype],
    ['two swapped characters', (reference: string) => reference.replace(/(.)(.)$/, '$2$1')],
    ['a missing character', (reference: string) => reference.slice(0, -1)],
    ['a character too many', (reference: string) => `${reference}7`],
    ['no prefix', (reference: string) => reference.slice(3)],
    ['half a prefix', (reference: string) => reference.slice(1).replace('-', ' ')],
    ['another prefix', (reference: string) => reference.replace('PY', 'PV')],
  ])('find a reference typed with %s', async (_, type) => {
    const { paymentId, reference } = await open();
    const typed = type(reference);
    if (typed !== reference) expect(await reasonsFor(paymentId, { BillRefNumber: typed.toLowerCase() })).toContain('reference');
  });

  test('find an open payment of the same phone, in full or by its hash, or of the same amount', async () => {
    const phone = '254733123456';
    const { paymentId } = await open('maize', phone);
    expect(await reasonsFor(paymentId, { MSISDN: phone })).toEqual(['phone']);
    const hash = createHash('sha256').update(phone).digest('hex');
    expect(await reasonsFor(paymentId, { MSISDN: hash, TransAmount: '200' })).toEqual(['phone', 'amount']);
    expect(await reasonsFor(paymentId, { MSISDN: '2547 ***** 456', TransAmount: '200' })).toEqual(['phone_end', 'amount']);
  });

  test('never name what is paid, and cost one round trip for the whole page', async () => {
    const { paymentId, reference } = await open();
    await confirm(world, noticeBody({ BillRefNumber: reference }));
    expect(await reasonsFor(paymentId, { BillRefNumber: mistype(reference), TransAmount: '1250' })).toBeUndefined();
    const headers = await operator(world, 'deposits:match');
    await world.database.resetRoundTrips();
    await world.send('GET', '/api/deposits', { headers });
    expect(await world.database.roundTrips()).toBe(3); // the key, the page, the suggestions
  });
});

describe('a match is refused in words', () => {
  test('when the money does not suffice', async () => {
    const { paymentId } = await open();
    const { depositId } = await waiting(1249);
    const response = await match(world, depositId, { paymentId });
    expect([response.status, await response.json()]).toEqual([
      422,
      expect.objectContaining({ code: 'deposit_too_small', left: 1249, owed: 1250 }),
    ]);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'pending' });
  });

  test('when the payment is paid', async () => {
    const { paymentId, reference } = await open();
    await confirm(world, noticeBody({ BillRefNumber: reference }));
    const { depositId } = await waiting(1250);
    const response = await match(world, depositId, { paymentId });
    expect([response.status, await response.json()]).toEqual([409, expect.objectContaining({ code: 'already_paid' })]);
  });

  test('when the amount is not what is owed', async () => {
    const { paymentId } = await open();
    const { depositId } = await waiting(2000);
    const response = await match(world, depositId, { paymentId, amount: 2000 });
    expect([response.status, await response.json()]).toEqual([422, expect.objectContaining({ code: 'amount_mismatch', owed: 1250 })]);
  });

  test('when payment or deposit does not exist, or nothing of it waits', async () => {
    const { paymentId, reference } = await open();
    const { depositId } = await waiting(1250);
    expect((await match(world, depositId, { paymentId: newId() })).status).toBe(404);
    expect((await match(world, newId(), { paymentId })).status).toBe(404);
    expect((await match(world, depositId, {})).status).toBe(400);
    expect((await match(world, depositId, { parts: [{ paymentId }, { paymentId }] })).status).toBe(400);
    await confirm(world, noticeBody({ BillRefNumber: reference }));
    const [booked] = await world.database.sql<{ id: string }>('select counted_deposit_id as id from payments where id = $1', [paymentId]);
    const other = await open();
    expect(await (await match(world, booked?.id ?? '', { paymentId: other.paymentId })).json()).toMatchObject({
      code: 'nothing_in_suspense',
    });
  });
});

test('a deposit is split between payments, and what is left waits on', async () => {
  const [coffee, mug] = [await open('coffee'), await open('mug')];
  const { depositId } = await waiting(2200);
  const parts = [{ paymentId: mug.paymentId }, { paymentId: coffee.paymentId, amount: 1250 }];
  expect(await (await match(world, depositId, { parts })).json()).toMatchObject({ left: 49 });
  for (const { paymentId } of [coffee, mug]) expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  expect((await deposits(world)).find((deposit) => deposit.depositId === depositId)).toMatchObject({ waiting: 49 });
  expect(await clearing()).toBe(0n);
  const sales = await world.database.sql(
    "select distinct source_id from transfers where kind = 'sale' and source_id in (select id::text from matches where deposit_id = $1)",
    [depositId],
  );
  expect(sales).toHaveLength(2);
});

test('a part that is refused keeps the whole split from happening', async () => {
  const [coffee, mug] = [await open('coffee'), await open('mug')];
  const { depositId } = await waiting(1300);
  expect((await match(world, depositId, { parts: [{ paymentId: coffee.paymentId }, { paymentId: mug.paymentId }] })).status).toBe(422);
  expect(await statusOf(world, coffee.paymentId)).toMatchObject({ status: 'pending' });
  expect((await deposits(world)).find((deposit) => deposit.depositId === depositId)).toMatchObject({ waiting: 1300 });
});

test('of many people who match the same money to the same payment at once, one does', async () => {
  const { paymentId } = await open();
  const { depositId } = await waiting(1250);
  const answers = await Promise.all(Array.from({ length: 12 }, () => match(world, depositId, { paymentId })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(11).fill(409)]);
  const [booked] = await world.database.sql(
    "select count(*)::int as n from transfers where kind = 'match' and source_id in (select id::text from matches where deposit_id = $1)",
    [depositId],
  );
  expect([booked, await clearing()]).toEqual([{ n: 1 }, 0n]);
});

test('the same money pays one of two payments, and two monies pay a payment once', async () => {
  const [first, second] = [await open(), await open()];
  const [one, other] = [await waiting(1250), await waiting(1250)];
  const sameMoney = await Promise.all([first, second].map(({ paymentId }) => match(world, one.depositId, { paymentId })));
  expect(sameMoney.map(({ status }) => status).sort()).toEqual([200, 409]);
  const third = await open();
  const samePayment = await Promise.all(
    [other, await waiting(1250)].map(({ depositId }) => match(world, depositId, { paymentId: third.paymentId })),
  );
  expect(samePayment.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(await clearing()).toBe(0n);
});

test('splits that cross each other do not wait for each other', async () => {
  const [a, b] = [await open(), await open()];
  const [one, other] = [await waiting(2500), await waiting(2500)];
  const parts = [{ paymentId: a.paymentId }, { paymentId: b.paymentId }];
  const answers = await Promise.all([match(world, one.depositId, { parts }), match(world, other.depositId, { parts: parts.toReversed() })]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
});

test('a customer who pays once more after a match is owed the second payment', async () => {
  const { paymentId, reference } = await open();
  const { depositId } = await waiting(1250);
  await Promise.all([match(world, depositId, { paymentId }), confirm(world, noticeBody({ BillRefNumber: reference }))]);
  await confirm(world, noticeBody({ BillRefNumber: reference }));
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  const [sold] = await world.database.sql<{ n: number }>('select count(*)::int as n from invoices where payment_id = $1', [paymentId]);
  expect([sold, await clearing()]).toEqual([{ n: 1 }, 0n]);
});
