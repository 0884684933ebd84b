import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import type { Config } from '#ground/config/config.ts';
import { newId } from '#ground/db/columns.ts';
import { readParty } from '#mpesa/daraja/read-party.ts';
import { gatherEarlier } from '#mpesa/paybill/gather-earlier.ts';
import { creditedAccount } from '#mpesa/paybill/settle-deposit-status.ts';
import { PAYMENT_STATUSES } from '#mpesa/payments/payments.schema.ts';
import { expireBookings } from '#shop/bookings/expire-bookings.ts';
import { callbackBody, latestAttempt, newPhone, push, statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { confirm, newReceipt, noticeBody, openTasks, owe, payBill, register, tellsNow } from './paybill.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { WAIT_FOR_PROOF: 'donation,booking_fee', COUNTER_MONEY: 'sales-B' } });
  await register(world);
});
afterAll(() => world.stop());

const depositOf = async (receipt: string) => {
  const [row] = await world.database.sql<{ allocated: boolean; proved: boolean; moved_at: Date; held: string | null }>(
    `select allocated_at is not null as allocated, confirmed_at is not null as proved, moved_at, held_until::text as held from deposits where receipt = $1`,
    [receipt],
  );
  return row;
};

test('an organisation may want proof first: a donation that a notice tells of is paid when Safaricom has answered about its receipt', async () => {
  const { paymentId, reference } = await owe(world, 'maize');
  const gift = await push(world, { type: 'donation', items: [{ sku: 'gift', amount: 333 }] });
  await world.send('POST', (await latestAttempt(world, gift.paymentId)).path, {
    body: callbackBody(gift.prompt as never, { resultCode: 1032 }),
  });
  await payBill(world, { account: reference, amountShillings: 200 });
  await payBill(world, { account: String(gift.body.reference), amountShillings: 333 });
  expect(await statusOf(world, gift.paymentId)).not.toMatchObject({ status: 'paid' });
  await world.pass(6);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', proved: true });
  expect(await statusOf(world, gift.paymentId)).toMatchObject({ status: 'paid', proved: true });
});

test('who paid by hand what waits for proof is told that it is being checked, in their language, and is prompted again only when it is refuted', async () => {
  for (const [language, words] of [
    ['en', 'We were notified of this payment and are confirming it with M-PESA. Do not pay again'],
    ['sw', 'Tumearifiwa kwamba umelipa, na tunathibitisha na M-PESA. Usilipe tena'],
  ] as const) {
    const phoneNumber = newPhone();
    const gift = await push(world, { type: 'donation', items: [{ sku: 'gift', amount: 444 }], language, phoneNumber });
    const again = async () => {
      const response = await world.send('POST', '/api/payments/stk-push', { body: { phoneNumber: newPhone(), paymentId: gift.paymentId } });
      return [response.status, await response.json()];
    };
    await world.send('POST', (await latestAttempt(world, gift.paymentId)).path, {
      body: callbackBody(gift.prompt as never, { resultCode: 1032 }),
    });
    const receipt = newReceipt();
    await confirm(world, noticeBody({ TransID: receipt, TransAmount: '443', BillRefNumber: gift.body.reference })); // pays it not
    expect(await statusOf(world, gift.paymentId)).toMatchObject({ status: 'failed', failureReason: 'cancelled', proved: null });
    const { TransID, ...now } = tellsNow(world);
    await confirm(world, noticeBody({ TransID, ...now, TransAmount: '444', BillRefNumber: gift.body.reference }));

    const checking = { status: 'unknown', failureReason: null, proved: false, customerMessage: expect.stringContaining(words) };
    expect(await statusOf(world, gift.paymentId)).toMatchObject(checking);
    const history = await world.send('GET', `/api/payments?phoneNumber=${phoneNumber}`, {
      headers: await operator(world, 'payments:read'),
    });
    expect(await history.json()).toMatchObject({ payments: [checking] });
    expect(await shownAs(phoneNumber)).toEqual(['unknown']); // the history finds it by what it shows, not by the `failed` that is stored
    expect(await again()).toEqual([
      409,
      expect.objectContaining({
        ...{ code: 'payment_being_checked', paymentId: gift.paymentId, customerMessage: checking.customerMessage },
        detail: expect.stringContaining('a prompt can be sent again only if M-PESA does not know that money'),
      }),
    ]);

    await world.database.sql('update deposits set refuted_at = now() where receipt = $1', [TransID]);
    expect(await statusOf(world, gift.paymentId)).toMatchObject({ status: 'failed', failureReason: 'cancelled', proved: null });
    expect(await shownAs(phoneNumber)).toEqual(['failed']);
    expect(await again()).toMatchObject([201, { status: 'pending' }]);
    expect(await shownAs(phoneNumber)).toEqual(['pending']);
    await world.database.sql('update attempts set live_until = $2 where payment_id = $1', [gift.paymentId, world.clock.now()]);
    expect(await shownAs(phoneNumber)).toEqual(['unknown']); // nobody has told us about the prompt, and its time has passed
  }
});

/** The statuses by which the history of a phone finds anything. */
async function shownAs(phoneNumber: string): Promise<string[]> {
  const headers = await operator(world, 'payments:read');
  const found: string[] = [];
  for (const status of PAYMENT_STATUSES) {
    const response = await world.send('GET', `/api/payments?phoneNumber=${phoneNumber}&status=${status}`, { headers });
    const { payments } = (await response.json()) as { payments: { status: string }[] };
    found.push(...payments.map((payment) => payment.status).filter((shown) => shown === status));
    expect(payments.map((payment) => payment.status).filter((shown) => shown !== status)).toEqual([]);
  }
  return found;
}

test('a booking whose told fee waits for proof does not expire, and its customer reads that it is being checked; refuted, it expires', async () => {
  await world.database.sql(
    `insert into items (sku, name, kind, price_cents, vat_class, updated_at) values ('fee', 'Fee', 'booking_fee', 70000, 'B', now())`,
  );
  const made = await world.send('POST', '/api/bookings', { body: { sku: 'fee', phoneNumber: newPhone() } });
  const { bookingId, reference } = (await made.json()) as { bookingId: string; reference: string };
  const { TransID, ...now } = tellsNow(world);
  await confirm(world, noticeBody({ TransID, ...now, TransAmount: '700', BillRefNumber: reference }));
  await world.database.sql('update bookings set expires_at = $2 where id = $1', [bookingId, world.clock.now()]);
  const later = new Date(world.clock.now().getTime() + 60_000);
  expect(await expireBookings(world.app, later)).toEqual({ expired: 0 });
  const booking = async () => (await world.send('GET', `/api/bookings/${bookingId}`)).json();
  expect(await booking()).toMatchObject({ state: 'created', paymentStatus: 'unknown', proved: false });
  expect(await statusOf(world, bookingId)).toMatchObject({
    status: 'unknown',
    customerMessage: expect.stringContaining('are confirming it with M-PESA'),
  });
  await world.database.sql('update deposits set refuted_at = now() where receipt = $1', [TransID]);
  expect(await expireBookings(world.app, later)).toEqual({ expired: 1 });
  expect(await booking()).toMatchObject({ state: 'expired', paymentStatus: 'expired' });
});

test('counter money is sales with VAT at once where the organisation wants that, and is told until it is proved', async () => {
  const before = await balances(world.app.db);
  await payBill(world, { account: '', amountShillings: 116 });
  const after = await balances(world.app.db);
  const grew = (account: string) => (after[account] ?? 0n) - (before[account] ?? 0n);
  expect([grew('counter_sales'), grew('vat_payable'), grew('paybill_told'), grew('suspense')]).toEqual([10_000n, 1_600n, 11_600n, 0n]);
  await world.pass(4);
  expect((await balances(world.app.db)).paybill_told).toBe(before.paybill_told);
});

test("M-PESA's own stamp is the value date: not after we heard, and at most three days before", async () => {
  const told = async (TransTime: string) => {
    const receipt = newReceipt();
    await confirm(world, noticeBody({ TransID: receipt, TransTime, TransAmount: '41', BillRefNumber: 'SHAMBA' }));
    return (await depositOf(receipt))?.moved_at.getTime();
  };
  const now = world.clock.now().getTime();
  expect(await told('20261121110000')).toBe(new Date('2026-11-21T08:00:00Z').getTime());
  expect(await told('20261121235900')).toBe(now);
  expect(await told('nonsense')).toBe(now);
});

test('a receipt that encodes another day than its time waits for proof, and is a task', async () => {
  const receipt = 'UKA7PFM0SH'; // 10 November
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: '42', BillRefNumber: 'SHAMBA' }));
  await world.pass(10);
  expect(await depositOf(receipt)).toMatchObject({ allocated: false, proved: false, held: 'infinity' });
  expect(await openTasks(world)).toMatchObject({ receipt_day_differs: 1 });
  await world.database.sql("update deposits set receipt = 'UKL7PFM0SH' where receipt = $1", [receipt]);
});

describe('a status answer proves nothing', () => {
  const us = { mpesa: { shortcode: '174379' }, paybill: { shortcodes: ['600111'] } } as Config;
  const somebody = '254712345678 - WANJIKU';
  test.each([
    ['no credit party', undefined, somebody],
    ['a phone', '254712345678 - WANJIKU', somebody],
    ['a masked phone', '254******678 - WANJIKU', somebody],
    ['a name', 'DUKA LA KAHAWA', somebody],
    ['nine digits', '174379000 - DUKA', somebody],
    ['an agent', 'Agent 174379', somebody],
    ['somebody else', '600999 - ANOTHER', somebody],
    ['ourselves as both', '174379 - DUKA', '600111 - DUKA'],
    ['no debit party', '174379 - DUKA', undefined],
  ])('with %s credited', (_, credit, debit) => {
    const party = (told: string | undefined) => (told === undefined ? undefined : readParty(told));
    expect(creditedAccount(us, party(credit), party(debit))).toBeUndefined();
  });
  test('and proves what one of our short codes got from somebody', () => {
    expect(creditedAccount(us, readParty('600111 - DUKA'), readParty(somebody))).toEqual({ shortcode: '600111', prompts: false });
    expect(creditedAccount(us, readParty('174379 - DUKA'), readParty(somebody))).toEqual({ shortcode: '174379', prompts: true });
  });
});

test.each([
  ['without the party that paid', { CreditPartyName: '174379 - DUKA' }],
  ['without the party that got it', { DebitPartyName: '254712345678 - WANJIKU' }],
])('a completed status %s proves nothing, and is asked again', async (_, parties) => {
  const receipt = newReceipt();
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: '77', BillRefNumber: 'SHAMBA' }));
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  const token = makeCallbackToken(world.app.config.callback.tokenKeys, 'deposit-status', row?.id ?? '');
  const parameters = { TransactionStatus: 'Completed', ReceiptNo: receipt, Amount: '77', ...parties };
  const body = {
    Result: {
      ...{ ResultType: 0, ResultCode: 0, ResultDesc: 'x', OriginatorConversationID: 'a', ConversationID: 'b', TransactionID: receipt },
      ResultParameters: { ResultParameter: Object.entries(parameters).map(([Key, Value]) => ({ Key, Value })) },
    },
  };
  const before = (await openTasks(world)).deposit_not_confirmed;
  expect((await world.send('POST', `/api/callbacks/deposit-status/${token}/result`, { body })).status).toBe(200);
  expect(await depositOf(receipt)).toMatchObject({ proved: false });
  expect((await openTasks(world)).deposit_not_confirmed).toBe(before);
  expect(await world.database.sql('select confirmation_due_at is not null as due from deposits where receipt = $1', [receipt])).toEqual([
    { due: true },
  ]);
});

test('money that was told under another of our short codes than was paid is booked where it was paid', async () => {
  world.app.config.paybill.shortcodes.push('600222');
  const receipt = newReceipt();
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: '78', BillRefNumber: 'SHAMBA', BusinessShortCode: '600222' }));
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  const token = makeCallbackToken(world.app.config.callback.tokenKeys, 'deposit-status', row?.id ?? '');
  const parameters = {
    TransactionStatus: 'Completed',
    ReceiptNo: receipt,
    Amount: '78',
    CreditPartyName: '174379 - DUKA',
    DebitPartyName: '254712345678 - WANJIKU',
  };
  const body = {
    Result: {
      ...{ ResultType: 0, ResultCode: 0, ResultDesc: 'x', OriginatorConversationID: 'a', ConversationID: 'c', TransactionID: receipt },
      ResultParameters: { ResultParameter: Object.entries(parameters).map(([Key, Value]) => ({ Key, Value })) },
    },
  };
  await world.send('POST', `/api/callbacks/deposit-status/${token}/result`, { body });
  const legs = await world.database.sql(
    "select debit_account, credit_account from transfers where source_id = $1 and kind in ('gathered', 'proved') order by kind",
    [row?.id],
  );
  expect(legs).toEqual([
    { debit_account: 'paybill_told:174379', credit_account: 'paybill_told:600222' },
    { debit_account: 'paybill_float:174379', credit_account: 'paybill_told:174379' },
  ]);
});

test.each([
  ['absent', undefined],
  ['null', null],
  ['hashed', 'a'.repeat(64)],
  ['masked too much', '*********'],
])('a success whose payer is %s keeps its receipt: the prompt is asked about, and then the receipt', async (_, PhoneNumber) => {
  await world.pass(11); // no more prompts in ten minutes than are allowed
  const { paymentId, prompt } = await push(world, { phoneNumber: '254711111119' }); // pays, and the callback is lost
  if (!prompt) throw new Error('no prompt');
  const receipt = newReceipt();
  const body = JSON.parse(callbackBody(prompt, { receipt }));
  const items = body.Body.stkCallback.CallbackMetadata.Item as { Name: string; Value?: unknown }[];
  const phone = items.find(({ Name }) => Name === 'PhoneNumber');
  if (phone) phone.Value = PhoneNumber;
  await world.clock.advance(20_000);
  await world.send('POST', (await latestAttempt(world, paymentId)).path, { body });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'pending' });
  await world.pass(2);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', mpesaReceiptNumber: receipt });
  const [row] = await world.database.sql(
    'select receipt_proved_at is null as unproved, confirmation_due_at is not null as asked from deposits where receipt = $1',
    [receipt],
  );
  expect(row).toEqual({ unproved: true, asked: true });
});

test('what an earlier release booked is brought to the accounts of its short code: told apart from proved', async () => {
  const before = await balances(world.app.db);
  const [told, proved] = [newReceipt(), newReceipt()];
  for (const [receipt, confirmed] of [
    [told, null],
    [proved, 'now()'],
  ] as const) {
    const id = newId();
    await world.database.sql(
      `insert into deposits (id, source, amount_cents, receipt, confirmed_at, settled_at, allocation_due_at) values ($1, $2, 5000, $3, ${confirmed}, $4, $4)`,
      [id, 'c2b', receipt, world.clock.now()],
    );
    await world.database.sql(
      "insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values ($1, 'mpesa_in', $2, 1, 'paybill_float', 'clearing', 5000, $3)",
      [newId(), id, world.clock.now()],
    );
  }
  expect(await gatherEarlier(world.app)).toEqual({ gathered: 2 });
  expect(await gatherEarlier(world.app)).toEqual({ gathered: 0 });
  const after = await balances(world.app.db);
  // nothing proves either of them as today's rule wants it: both are asked about again
  expect([(after.paybill_told ?? 0n) - (before.paybill_told ?? 0n), after.paybill_float]).toEqual([10_000n, before.paybill_float]);
  expect(await depositOf(proved)).toMatchObject({ proved: false });
  const [own] = await world.database.sql(
    "select coalesce(sum(case debit_account when 'paybill_float' then amount_cents else -amount_cents end), 0)::int as cents from transfers where 'paybill_float' in (debit_account, credit_account)",
  );
  expect(own).toEqual({ cents: 0 });
  await world.database.sql('delete from deposits where receipt = any($1)', [[told, proved]]);
});

test('cents are booked as cents', async () => {
  const now = tellsNow(world);
  await confirm(world, noticeBody({ ...now, TransAmount: '980.50', BillRefNumber: 'SHAMBA' }));
  const [row] = await world.database.sql('select amount_cents::int as cents from deposits where receipt = $1', [now.TransID]);
  expect(row).toEqual({ cents: 98_050 });
  expect((await booksBalance(world)).clearingCents).toBeGreaterThanOrEqual(0n);
});
