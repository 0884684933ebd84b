import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callbackBody, latestAttempt, push, statusOf } from '../world/checkout.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { confirm, deposits, newReceipt, noticeBody, openTasks, owe, payBill, register } from './paybill.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  expect((await register(world)).status).toBe(200);
});
afterAll(() => world.stop());

/** An open payment with its prompt. */
async function open() {
  const { paymentId, reference } = await owe(world);
  return { paymentId, reference, prompt: world.simulator.control.prompts().find(({ accountReference }) => accountReference === reference) };
}

const bookedFor = async (receipt: string) => {
  const [row] = await world.database.sql<{ n: number; cents: string }>(
    `select count(*)::int as n, coalesce(sum(t.amount_cents), 0) as cents from transfers t join deposits d on d.id::text = t.source_id and t.kind = 'mpesa_in' where d.receipt = $1`,
    [receipt],
  );
  return row;
};

test('a customer who types the reference of an open payment at the paybill has paid it', async () => {
  const { paymentId, reference } = await open();
  const paid = await payBill(world, { account: reference });
  expect(paid).toMatchObject({ outcome: 'paid' });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', mpesaReceiptNumber: 'receipt' in paid ? paid.receipt : '' });
  const { floatCents, truthCents, clearingCents } = await booksBalance(world);
  expect({ floatCents, clearingCents }).toEqual({ floatCents: truthCents, clearingCents: 0n });
});

test.each([
  ['in lower case', (reference: string) => reference.toLowerCase()],
  ['without the dash', (reference: string) => reference.replace('-', '')],
  ['with spaces', (reference: string) => ` ${reference.slice(0, 2)} ${reference.slice(3, 7)} ${reference.slice(7)} `],
  ['with O for 0', (reference: string) => reference.replaceAll('0', 'O')],
  ['with o for 0 and l for 1', (reference: string) => reference.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')],
  ['with I for 1', (reference: string) => reference.replaceAll('1', 'I')],
  ['with other punctuation', (reference: string) => reference.replace('-', '.')],
])('a reference typed %s is understood', async (_, type) => {
  const { paymentId, reference } = await open();
  const answer = await confirm(world, noticeBody({ BillRefNumber: type(reference) }));
  expect([answer.status, await answer.json()]).toEqual([200, { ResultCode: 0, ResultDesc: 'Success' }]);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
});

test('too little waits in suspense, and the payment stays open', async () => {
  const { paymentId, reference } = await open();
  const receipt = newReceipt();
  await confirm(world, noticeBody({ BillRefNumber: reference, TransID: receipt, TransAmount: '1249' }));
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'pending' });
  expect((await deposits(world)).find((deposit) => deposit.receipt === receipt)).toMatchObject({ waiting: 1249 });
});

test('too much pays, and the rest is owed back', async () => {
  const { paymentId, reference } = await open();
  const receipt = newReceipt();
  await confirm(world, noticeBody({ BillRefNumber: reference, TransID: receipt, TransAmount: '1300.00' }));
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  expect((await deposits(world, 'surplus')).find((deposit) => deposit.receipt === receipt)).toMatchObject({ waiting: 50 });
});

test('a second payment of the same thing is owed back whole', async () => {
  const { reference } = await open();
  const receipt = newReceipt();
  await confirm(world, noticeBody({ BillRefNumber: reference }));
  await confirm(world, noticeBody({ BillRefNumber: reference, TransID: receipt }));
  expect((await deposits(world, 'surplus')).find((deposit) => deposit.receipt === receipt)).toMatchObject({ waiting: 1250 });
});

test.each(['', 'SHAMBA', '0712345678', "'; drop table payments; --", '💚 chai', 'x'.repeat(5_000)])(
  'money for "%.20s" waits in suspense',
  async (typed) => {
    const receipt = newReceipt();
    await confirm(world, noticeBody({ BillRefNumber: typed, TransID: receipt, TransAmount: '777.00' })); // no prompt of this amount is open
    const waiting = (await deposits(world)).find((deposit) => deposit.receipt === receipt);
    expect(waiting).toMatchObject({ waiting: 777 });
    expect(typed.startsWith(waiting?.typedReference ?? (typed === '' ? '' : '?'))).toBe(true);
  },
);

test.each([
  ['masked', '2547 ***** 126', '0••• ••• 126'],
  ['plain', '254712345678', '07•• ••• 678'],
  ['hashed', createHash('sha256').update('254712345678').digest('hex'), null],
  ['missing', undefined, null],
  ['a short code', '600123', null],
])('a payer whose phone is %s is shown no further than needed', async (_, MSISDN, shown) => {
  const receipt = newReceipt();
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: '777.00', MSISDN, FirstName: undefined, InvoiceNumber: null }));
  expect((await deposits(world)).find((deposit) => deposit.receipt === receipt)).toMatchObject({ maskedPhone: shown, payerName: null });
});

test('names are put together from what is told', async () => {
  const receipt = newReceipt();
  await confirm(world, noticeBody({ TransID: receipt, FirstName: 'Wanjiku', MiddleName: null, LastName: 'Njeri' }));
  expect((await deposits(world)).find((deposit) => deposit.receipt === receipt)).toMatchObject({ payerName: 'Wanjiku Njeri' });
});

describe('an STK payment that is also told as C2B is booked once', () => {
  const echo = (reference: string, receipt: string) => noticeBody({ BillRefNumber: reference, TransID: receipt });

  test('when the callback comes first', async () => {
    const { paymentId, reference, prompt } = await open();
    const receipt = newReceipt();
    const { path } = await latestAttempt(world, paymentId);
    if (!prompt) throw new Error('no prompt');
    await world.send('POST', path, { body: callbackBody(prompt, { receipt }) });
    await confirm(world, echo(reference, receipt));
    expect(await bookedFor(receipt)).toEqual({ n: 1, cents: '125000' });
  });

  test('when the notice comes first', async () => {
    const { paymentId, reference, prompt } = await open();
    const receipt = newReceipt();
    const { path } = await latestAttempt(world, paymentId);
    if (!prompt) throw new Error('no prompt');
    await confirm(world, echo(reference, receipt));
    await world.send('POST', path, { body: callbackBody(prompt, { receipt }) });
    expect(await bookedFor(receipt)).toEqual({ n: 1, cents: '125000' });
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', mpesaReceiptNumber: receipt });
  });

  test('when a query without a receipt told of it first', async () => {
    const phone = '254711111119'; // pays, and the callback is lost
    world.simulator.control.plan({ api: 'c2b', next: 1, callbackMs: 5 * 60_000 });
    const { paymentId } = await push(world, { phoneNumber: phone, items: [{ sku: 'coffee', quantity: 3 }] }); // an amount that no other notice has
    await world.pass(3);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', mpesaReceiptNumber: null });
    await world.pass(5);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', mpesaReceiptNumber: expect.stringMatching(/^[A-Z0-9]{10}$/) });
    const [row] = await world.database.sql('select count(*)::int as n from deposits where payment_id = $1', [paymentId]);
    expect(row).toEqual({ n: 1 });
  });
});

test('what cannot be read, or is about another short code, is kept, books nothing and becomes a task of its own', async () => {
  const before = await world.database.sql("select count(*)::int as n from transfers where kind = 'mpesa_in'");
  const bodies = [
    '',
    '{',
    '[]',
    'null',
    '<xml/>',
    noticeBody({ TransAmount: 'much' }),
    noticeBody({ TransID: 'x' }),
    noticeBody({ BusinessShortCode: undefined }),
  ];
  for (const body of [...bodies, ...bodies]) expect((await confirm(world, body)).status).toBe(200);
  expect((await confirm(world, noticeBody({ BusinessShortCode: '600999' }))).status).toBe(200);
  const kept = await world.database.sql(
    "select verdict, count(*)::int as n from evidence where verdict in ('unreadable', 'other_shortcode') group by 1 order by 1",
  );
  expect(kept).toEqual([
    { verdict: 'other_shortcode', n: 1 },
    { verdict: 'unreadable', n: bodies.length },
  ]);
  expect(await openTasks(world)).toMatchObject({ c2b_notice_quarantined: bodies.length + 1 });
  expect(await world.database.sql("select count(*)::int as n from transfers where kind = 'mpesa_in'")).toEqual(before);
});

test('many of the same at once, and each again later, are booked once', async () => {
  const { paymentId, reference } = await open();
  const receipt = newReceipt();
  const body = noticeBody({ BillRefNumber: reference, TransID: receipt });
  const answers = await Promise.all(Array.from({ length: 32 }, () => confirm(world, body)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  await world.pass(1);
  await confirm(world, body);
  expect(await bookedFor(receipt)).toEqual({ n: 1, cents: '125000' });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
});

test('a receipt told again with another amount books nothing and asks a person', async () => {
  const { reference } = await open();
  const receipt = newReceipt();
  await confirm(world, noticeBody({ BillRefNumber: reference, TransID: receipt }));
  await confirm(world, noticeBody({ BillRefNumber: reference, TransID: receipt, TransAmount: '9999' }));
  expect(await bookedFor(receipt)).toEqual({ n: 1, cents: '125000' });
  expect(await openTasks(world)).toMatchObject({ evidence_amount_differs: 1 });
});

test("a payer's name, phone and words are in no log line and in no column that can be read", async () => {
  const canary = 'ZAKAYO9CANARY';
  const receipt = newReceipt();
  await confirm(world, noticeBody({ TransID: receipt, FirstName: canary, BillRefNumber: canary, MSISDN: '254712399999' }));
  const [row] = await world.database.sql<{ text: string }>(
    "select string_agg(t::text, ' ') || (select string_agg(e::text, ' ') from evidence e) as text from deposits t",
  );
  const seen = `${row?.text} ${world.logLines.join(' ')}`;
  expect([receipt, canary, '712399999'].map((words) => seen.includes(words))).toEqual([true, false, false]);
});
