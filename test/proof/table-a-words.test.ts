import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { signedIn } from '../world/person.ts';
import { noticeBody, stkCallbackBody } from './bodies.ts';
import {
  answerWaiting,
  fillFloat,
  openPayout,
  owe,
  passUnanswered,
  payOut,
  post,
  SHORTCODE,
  type Stage,
  startStage,
  strikeMinute,
  US,
} from './stage.ts';
import { newPhones, newReceipt } from './world-of-money.ts';

/** The rows of table A about the words themselves: what a notice, a callback or a status answer says, and how it is read. */
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 50_000);
});
afterAll(() => stage.stop());

let before: Record<string, bigint> = {};
beforeEach(async () => {
  await pass(1, 360); // what the test before left open is no echo of this one's
  before = await balances(stage.world.app.db);
});

async function pass(strikes: number, minutes: number): Promise<void> {
  for (let strike = 0; strike < strikes; strike += 1) {
    await stage.world.clock.advance(minutes * 60_000);
    await strikeMinute(stage);
  }
}

/** By how many cents some accounts have grown since the test began. */
async function grown(...accounts: string[]): Promise<number[]> {
  const after = await balances(stage.world.app.db);
  return accounts.map((account) => Number((after[account] ?? 0n) - (before[account] ?? 0n)));
}

const customer = () => newPhones().customers[0] ?? '';
const now = () => stage.world.clock.now();
const notice = (changes: Partial<Parameters<typeof noticeBody>[0]> = {}) =>
  noticeBody({
    receipt: newReceipt(now()),
    shillings: 1_250,
    reference: 'SCHOOL',
    at: now(),
    msisdn: '',
    shortcode: SHORTCODE,
    ...changes,
  });
const confirm = (body: string) => post(stage, 'c2b-confirmation', stage.confirmationPath, body);

/** What a refund of a payment's money is answered. */
async function refund(paymentId: string, phoneNumber: string): Promise<unknown> {
  const headers = await signedIn(stage.world, 'treasurer');
  const response = await stage.world.send('POST', '/api/refunds', { body: { paymentId, phoneNumber, reason: 'Test' }, headers });
  return response.json();
}

const paymentNow = async (paymentId: string) => (await stage.world.send('GET', `/api/payments/${paymentId}`)).json();

test('the receipt of our own payout of 4,000, posted as a confirmation after its result, is no money that came', async () => {
  const [receipt = ''] = await payOut(stage, [4_000]);
  const owed = await owe(stage, customer(), 4_000);
  before = await balances(stage.world.app.db);
  for (const reference of ['HELLO', owed.reference]) expect(await confirm(notice({ receipt, shillings: 4_000, reference }))).toBe(200);
  await pass(6, 10);
  expect(await grown('paybill_float', 'paybill_told', 'clearing', 'suspense')).toEqual([0, 0, 0, 0]);
  expect(await paymentNow(owed.paymentId)).toMatchObject({ status: 'expired' });
  expect(await refund(owed.paymentId, owed.phone)).toMatchObject({ code: 'deposit_not_found' });
});

describe('the same before its result, as the payee has the receipt first', () => {
  async function tellBefore(minutes: number) {
    const payout = await openPayout(stage, 4_000);
    const owed = await owe(stage, customer(), 4_000);
    before = await balances(stage.world.app.db);
    await confirm(notice({ receipt: payout.receipt, shillings: 4_000, reference: owed.reference }));
    await passUnanswered(stage, minutes);
    await answerWaiting(stage);
    await pass(6, 10);
    const [row] = await stage.world.database.sql('select receipt, state from withdrawals where payout_id = $1', [payout.payoutId]);
    expect(row).toEqual({ receipt: payout.receipt, state: 'paid' });
    return owed;
  }

  test('within the minute: it is taken off again and has paid nothing', async () => {
    const owed = await tellBefore(0);
    expect(await grown('paybill_float', 'paybill_told', 'clearing')).toEqual([-400_000, 0, 0]);
    expect(await paymentNow(owed.paymentId)).toMatchObject({ status: 'expired' });
  });

  test('after something was bought with it: it stays told and locked, is never proved and cannot leave, and a person is asked', async () => {
    const owed = await tellBefore(10);
    expect(await grown('paybill_float', 'paybill_told', 'clearing', 'donations')).toEqual([-400_000, 400_000, 0, 400_000]);
    expect(await paymentNow(owed.paymentId)).toMatchObject({ status: 'paid', proved: false });
    const refused = (await refund(owed.paymentId, owed.phone)) as { status: number };
    expect(refused.status).toBeGreaterThanOrEqual(400);
    const tasks = await stage.world.database.sql("select kind from reviews where closed_at is null and kind like '%refuted%'");
    expect(tasks.length).toBeGreaterThan(0);
  });
});

test.each([
  ['absent', undefined],
  ['a phone', '254712345678 - JANE DOE'],
  ['a masked phone', '2547 ***** 126 - JANE DOE'],
  ['a name', 'JANE DOE'],
  ['nine digits', '174379000 - JANE DOE'],
  ['an agent', 'Agent 600999 - SHOP'],
  ['our code inside a name', 'SHOP 174379 - SHOP'],
])('a status answer whose credit party is %s proves nothing', async (_, credit) => {
  const owed = await owe(stage, customer(), 4_000);
  const receipt = newReceipt(now());
  stage.statusAnswers.set(receipt, { debit: '254711222333 - JOHN', credit, shillings: 4_000, at: now() });
  await confirm(notice({ receipt, shillings: 4_000, reference: owed.reference }));
  await pass(6, 10);
  expect(await grown('paybill_float', 'paybill_told', 'clearing')).toEqual([0, 400_000, 0]);
  expect(await paymentNow(owed.paymentId)).toMatchObject({ status: 'paid', proved: false });
  expect(await refund(owed.paymentId, owed.phone)).toMatchObject({ code: 'receipt_unconfirmed' });
});

test.each([
  ['is read as proof when all of it agrees', { debit: '2547 ***** 126 - JANE', credit: US, shillings: 1_250 }, [125_000, 0]],
  ['proves nothing to another short code', { debit: '2547 ***** 126 - JANE', credit: '600999 - ANOTHER', shillings: 1_250 }, [0, 125_000]],
  ['proves nothing of another amount', { debit: '2547 ***** 126 - JANE', credit: US, shillings: 1_251 }, [0, 125_000]],
  ['proves nothing that came from us', { debit: US, credit: US, shillings: 1_250 }, [0, 125_000]],
])('a status answer %s', async (_, said, ends) => {
  const receipt = newReceipt(now());
  stage.statusAnswers.set(receipt, { ...said, at: now() });
  await confirm(notice({ receipt }));
  await pass(6, 10);
  expect(await grown('paybill_float', 'paybill_told', 'clearing')).toEqual([...ends, 0]);
});

describe('a success callback', () => {
  test.each([
    ['absent', undefined],
    ['null', null],
    ['hashed', 'c0ffee'.repeat(11).slice(0, 64)],
    ['over-masked', '2547********'],
  ])('whose PhoneNumber is %s leaves its receipt: it is kept, and proved as soon as status says so', async (_, phone) => {
    const at = now();
    const owed = await owe(stage, customer(), 1_250);
    const receipt = newReceipt(at);
    const { checkoutRequestId, callbackPath } = owed;
    const body = stkCallbackBody({ checkoutRequestId, resultCode: 0, receipt, shillings: 1_250, at, phone });
    expect(await post(stage, 'callback', callbackPath, body)).toBe(200);
    stage.safaricom.queryAnswer = (id) => (id === checkoutRequestId ? '0' : '4999');
    stage.statusAnswers.set(receipt, { debit: '2547 ***** 126 - JANE', credit: US, shillings: 1_250, at });
    await pass(8, 10);
    expect(await grown('paybill_float', 'paybill_told', 'clearing', 'donations')).toEqual([125_000, 0, 0, 125_000]);
    const status = await stage.world.send('GET', `/api/payments/${owed.paymentId}`);
    expect(await status.json()).toMatchObject({ status: 'paid', proved: true, mpesaReceiptNumber: receipt });
  });
});

test('1037 learnt by query at 20 s fails nothing, while the prompt can still be paid', async () => {
  const owed = await owe(stage, customer(), 1_250);
  stage.safaricom.queryAnswer = (id) => (id === owed.checkoutRequestId ? '1037' : '4999');
  await stage.world.clock.advance(20_000);
  await strikeMinute(stage);
  await stage.world.clock.advance(5_000);
  const status = async () =>
    ((await (await stage.world.send('GET', `/api/payments/${owed.paymentId}`)).json()) as { status: string }).status;
  expect(await status()).toBe('pending');
  const body = { phoneNumber: owed.phone, paymentId: owed.paymentId };
  const second = await stage.world.send('POST', '/api/payments/stk-push', { body, ip: '203.0.113.99' });
  expect(second.status).toBe(409);
  stage.safaricom.queryAnswer = (id) => (id === owed.checkoutRequestId ? '0' : '4999');
  await stage.world.clock.advance(15_000);
  await strikeMinute(stage);
  expect(await status()).toBe('paid');
  expect(await grown('paybill_float', 'donations')).toEqual([125_000, 125_000]);
});

describe('a notice is read tolerantly', () => {
  const parts = (text: string) => JSON.parse(text) as Record<string, string>;
  test.each([
    ['with cents', (body: string) => JSON.stringify({ ...parts(body), TransAmount: '980.50' }), 98_050],
    ['with thousands in commas', (body: string) => JSON.stringify({ ...parts(body), TransAmount: '1,250.00' }), 125_000],
    ['with spaces around the amount', (body: string) => JSON.stringify({ ...parts(body), TransAmount: ' 1250.00 ' }), 125_000],
    ['with a space in the short code', (body: string) => JSON.stringify({ ...parts(body), BusinessShortCode: '174379 ' }), 125_000],
    [
      'with its receipt in lower case',
      (body: string) => JSON.stringify({ ...parts(body), TransID: parts(body).TransID?.toLowerCase() }),
      125_000,
    ],
    ['with a byte order mark', (body: string) => `\uFEFF${body}`, 125_000],
    ['as a form', (body: string) => new URLSearchParams(parts(body)).toString(), 125_000],
  ])('%s', async (_, change, cents) => {
    expect(await confirm(change(notice()))).toBe(200);
    expect(await grown('paybill_told', 'suspense', 'clearing')).toEqual([cents, cents, 0]);
  });
});

test('told money whose receipt is of another day than its time waits for proof before it is allocated', async () => {
  const receipt = newReceipt(new Date(now().getTime() - 20 * 86_400_000));
  await confirm(notice({ receipt }));
  await pass(1, 1);
  expect(await grown('paybill_told', 'suspense', 'clearing')).toEqual([125_000, 0, 125_000]);
});
