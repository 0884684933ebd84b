import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newId } from '#ground/db/columns.ts';
import { confirm, noticeBody, openTasks, payBill, register } from '../paybill/paybill.ts';
import { HEADER, type Row, toCsv } from '../statements/sample-statement.ts';
import { newPhone, push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { counts, imported, show, signOff } from './importing.ts';

const [CODE, OTHER] = ['174379', '600982'];
let world: World;
let paidPrompt: string;
let lost: { payoutId: string; sentAt: string };
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_SHORTCODES: OTHER } });
  expect((await register(world)).status).toBe(200);
  await payBill(world, { account: 'SHAMBA', amountShillings: 9_000 });
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  ({ paymentId: paidPrompt } = await push(world, { phoneNumber: '254711111119' })); // its callback is lost, a query says that it is paid
  await world.pass(6);
  lost = await lostPayout(654);
  await world.clock.advance(12 * 3_600_000); // the day of the files is over
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.database.sql("update statements set state = 'discarded'"); // the files of one test do not join those of another
  await world.database.sql("update reviews set closed_at = now(), closed_by = 'test' where closed_at is null");
});

/** A payout whose result is lost: nobody knows how it ended. */
async function lostPayout(amount: number) {
  const post = async (path: string, body: unknown) =>
    (await world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') })).json();
  const { payoutId } = (await post('/api/payouts', { phoneNumber: newPhone(), amount, reason: 'Supplier' })) as { payoutId: string };
  await post(`/api/payouts/${payoutId}/decision`, {});
  // it was sent, and then nobody heard of it
  await world.database.sql("delete from outbox where message ->> 'kind' = 'dispatch_withdrawal'");
  await world.database.sql("update withdrawals set state = 'unknown', dispatched_at = $1", [world.clock.now()]);
  return { payoutId, sentAt: clockTime(new Date(world.clock.now().getTime() + 60_000)) };
}

/** The time of day in Nairobi. */
const clockTime = (at: Date) => new Date(at.getTime() + 3 * 3_600_000).toISOString().slice(11, 19);

type Line = { receipt: string; at?: string; details: string; cents: number; party?: string; linked?: string; reference?: string };

/** A whole statement of a day of November 2026, its lines oldest first. */
function statement(code: string, lines: Line[], { opening = 100_000_00, account = 'Utility', day = 21 } = {}): Buffer {
  let balance = opening;
  const rows = lines.map(({ receipt, at = '13:00:00', details, cents, party = '', linked = '', reference = '' }): Row => {
    balance += cents;
    const moment = `${day}-11-2026 ${at}`;
    const [paidIn, withdrawn] = cents > 0 ? [cents / 100, ''] : ['', cents / 100];
    return [
      receipt,
      moment,
      moment,
      details,
      'Completed',
      paidIn,
      withdrawn,
      balance / 100,
      'true',
      details,
      party,
      linked,
      reference,
      'KES',
    ];
  });
  return toCsv([
    ['Account Holder:', 'DUKA'],
    ['Short Code:', code],
    ['Account:', `${account} Account`],
    ['Time Period:', 'From', `${day}-11-2026 00:00:00`, 'To', `${day}-11-2026 23:59:59`],
    ['Operator:', 'tester1', 'Organization:', 'DUKA', 'Date of Report:', '22-11-2026 01:00:01'],
    ['Opening Balance:', opening / 100, 'Closing Balance:', balance / 100, 'Available Balance:', ''],
    HEADER,
    ...rows.toReversed(),
  ]);
}

const CUSTOMER = '25471****702 - MAUA **** JARIBU';
const paid = (receipt: string, shillings: number, typed: string, at?: string): Line => ({
  ...{ receipt, details: `Pay Bill from ${CUSTOMER} Acc. ${typed}`, cents: shillings * 100, party: CUSTOMER, reference: ` ${typed}` },
  ...(at && { at }),
});
const reversed = (receipt: string, linked: string, shillings: number): Line => ({
  ...{ receipt, details: 'Pay Utility Reversal by DUKA\\tester1', cents: -shillings * 100, party: CUSTOMER, linked, at: '14:00:00' },
});
const paidOut = (receipt: string, shillings: number, at: string): Line => ({
  ...{ receipt, details: 'Business Payment to Customer via API to 25472****704 - OMARI **** MFANO', cents: -shillings * 100, at },
  party: '25472****704 - OMARI **** MFANO',
});

async function signed(bytes: Buffer) {
  const { statementId, state, refused } = await imported(world, bytes);
  expect([state, refused]).toEqual(['matched', null]);
  const before = await show(world, statementId);
  expect((await signOff(world, statementId, await signedIn(world, 'treasurer'))).status).toBe(200);
  await world.pass(2);
  return { before: counts(before), after: await show(world, statementId) };
}
const told = (receipt: string, shillings: number, reference: string) =>
  confirm(world, noticeBody({ TransID: receipt, TransAmount: `${shillings}.00`, BillRefNumber: reference, TransTime: '20261121130000' }));
const books = async () => {
  const { paybill_float = 0n, paybill_told = 0n } = await balances(world.app.db);
  return { proved: Number(paybill_float) / 100, told: Number(paybill_told) / 100 };
};
const depositOf = async (receipt: string) =>
  (
    await world.database.sql(
      'select reversed_elsewhere_at is not null as reversed, taken_back_at is not null as taken, confirmed_at is not null as proved from deposits where receipt = $1',
      [receipt],
    )
  )[0];

describe('a line that shows a payment as returned', () => {
  test('says nothing of a payment to another short code of ours', async () => {
    const receipt = 'UKLDD50001';
    await signed(statement(CODE, [paid(receipt, 501, 'SHAMBA')])); // a pulled list would not say at which
    const before = await books();
    const { after } = await signed(statement(OTHER, [paid('UKLDD50002', 9, 'X'), reversed('UKLDD50003', receipt, 501)]));
    expect((await show(world, after.statementId, '?finding=reversed')).lines).toMatchObject([{ verdict: 'other_shortcode' }]);
    expect(await depositOf(receipt)).toEqual({ reversed: false, taken: false, proved: true });
    expect(await books()).toEqual({ ...before, proved: before.proved + 9 });
  });

  test('proves that it came, where its own line stands in another statement: it has come and gone, and is told no more', async () => {
    const before = await books();
    const receipt = 'UKLDD50011';
    await told(receipt, 502, 'SHAMBA');
    expect((await books()).told).toBe(before.told + 502);
    await signed(statement(CODE, [paid('UKLDD50012', 9, 'X'), reversed('UKLDD50013', receipt, 502)]));
    expect(await depositOf(receipt)).toMatchObject({ reversed: true, proved: true });
    expect(await books()).toEqual({ proved: before.proved + 9, told: before.told });
  });
});

test('a line with another amount than the books have is a task, and so is one whose words nobody knows', async () => {
  const receipt = 'UKLDD50021';
  await told(receipt, 503, 'SHAMBA');
  const odd: Line = { receipt: 'UKLDD50022', details: 'Credit of a kind that is not known', cents: 7_00 };
  const { before } = await signed(statement(CODE, [paid(receipt, 903, 'SHAMBA'), odd]));
  expect(before).toMatchObject({ 'amount_differs in': 1, 'missing_here in': 1 });
  expect(await openTasks(world)).toMatchObject({ statement_amount_differs: 1, statement_line_unknown: 1 });
});

test("a top-up that bears the receipt which a prompt's callback has named takes nothing from the prompt, and is not booked", async () => {
  const { paymentId } = await push(world, { phoneNumber: '254708374149' }); // pays by itself
  await world.pass(2);
  const [deposit] = await world.database.sql<{ receipt: string; cents: string }>(
    "select receipt, amount_cents as cents from deposits where payment_id = $1 and tied_by = 'callback' and receipt_proved_at is not null",
    [paymentId],
  );
  const before = await balances(world.app.db);
  const details = 'Organization Settlement Account to Utility Account';
  const line: Line = { receipt: deposit?.receipt ?? '', details, cents: Number(deposit?.cents) };
  const { before: found, after } = await signed(statement(CODE, [line, paid('UKLDD50061', 9, 'X')]));
  expect(found).toMatchObject({ 'top_up in': 1 });
  expect((await show(world, after.statementId, '?finding=agrees')).lines).toMatchObject([{ receipt: deposit?.receipt }]);
  const books = await balances(world.app.db);
  expect([books.paybill_float, books.bank_clearing]).toEqual([(before.paybill_float ?? 0n) + 900n, before.bank_clearing]);
  expect(await openTasks(world)).toMatchObject({ evidence_own_payout: 1 });
});

test('a top-up of the same amount that people have entered for days long before is another one: the line is booked', async () => {
  const entry = newId();
  await world.database.sql(
    "insert into float_entries (id, shortcode, kind, amount_cents, occurred_on, state, asked_by, asked_at) values ($1, $2, 'top_up', 60600, '2026-11-11', 'asked', 'a', $3)",
    [entry, CODE, world.clock.now()],
  );
  await world.database.sql('select book_float_entry_2($1, $2, null, null, $3)', [entry, 'b', world.clock.now()]);
  const before = await books();
  const line: Line = { receipt: 'UKLDD50071', details: 'Organization Settlement Account to Utility Account', cents: 606_00 };
  await signed(statement(CODE, [line, paid('UKLDD50072', 9, 'X')]));
  expect((await books()).proved).toBe(before.proved + 606 + 9);
  expect(await world.database.sql('select line_key from float_entries where id = $1', [entry])).toEqual([{ line_key: null }]);
});

test('money that was refuted and taken back, and that a statement lists after all, is missing here', async () => {
  const receipt = 'UKLDD50031';
  await told(receipt, 504, 'SHAMBA');
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  await world.database.sql('select refute_deposit_2($1, $2)', [deposit?.id, world.clock.now()]);
  const headers = await signedIn(world, 'treasurer');
  await world.send('POST', `/api/deposits/${deposit?.id}/take-back`, { body: { reason: 'Not on the list' }, headers });
  expect(await depositOf(receipt)).toMatchObject({ taken: true });
  const before = await books();
  const { before: found } = await signed(statement(CODE, [paid(receipt, 504, 'SHAMBA')]));
  expect(found).toMatchObject({ 'missing_here in': 1 });
  expect(found).not.toHaveProperty('agrees in');
  expect((await books()).proved).toBe(before.proved + 504);
});

test('of two lines that may be the receipt of one success one is, and the other is missing here', async () => {
  const [payment] = await world.database.sql<{ reference: string; cents: string }>(
    'select reference, amount_cents as cents from payments where id = $1',
    [paidPrompt],
  );
  const shillings = Number(payment?.cents) / 100;
  const typed = payment?.reference ?? '';
  expect(await world.database.sql('select receipt from deposits where payment_id = $1', [paidPrompt])).toEqual([{ receipt: null }]);
  const { before } = await signed(
    statement(CODE, [paid('UKLDD50041', shillings, typed, '12:01:00'), paid('UKLDD50042', shillings, typed, '12:01:30')]),
  );
  expect(before).toMatchObject({ 'names in': 1, 'missing_here in': 1 });
});

test('of two lines that may be one payout whose end nobody knows one is, and the other left otherwise; one from before it was sent is not', async () => {
  const { sentAt } = lost;
  const lines = [paidOut('UKLDD50051', 654, '11:00:00'), paidOut('UKLDD50052', 654, sentAt), paidOut('UKLDD50053', 654, '16:00:00')];
  const { statementId } = await imported(world, statement(CODE, lines));
  const { lines: shown } = await show(world, statementId);
  const findings = Object.fromEntries(shown.map(({ receipt, finding }) => [receipt, finding]));
  expect(findings).toEqual({ UKLDD50051: 'missing_here', UKLDD50052: 'unresolved', UKLDD50053: 'missing_here' });
});

test('statements of two accounts of a short code have nothing to join: each has its own balance and lines', async () => {
  await signed(statement(OTHER, [paid('UKLDD50081', 11, 'X')]));
  await signed(statement(OTHER, [paidOut('UKLDD50082', 12, '15:00:00')], { account: 'Working', opening: 7_000_00 }));
  await signed(statement(OTHER, [paidOut('UKKDD50083', 13, '15:00:00')], { account: 'Working', opening: 7_013_00, day: 20 }));
});

test('a top-up that lines have used up already is not the one of a later line with its whole amount', async () => {
  const entry = newId();
  await world.database.sql(
    "insert into float_entries (id, shortcode, kind, amount_cents, occurred_on, state, asked_by, asked_at) values ($1, $2, 'top_up', 70700, '2026-11-21', 'asked', 'a', $3)",
    [entry, OTHER, world.clock.now()],
  );
  await world.database.sql('select book_float_entry_2($1, $2, null, null, $3)', [entry, 'b', world.clock.now()]);
  const details = 'Organization Settlement Account to Utility Account';
  const topUp = (receipt: string, shillings: number): Line => ({ receipt, details, cents: shillings * 100 });
  const before = await books();
  await signed(statement(OTHER, [topUp('UKLDD50091', 107), topUp('UKLDD50092', 600)]));
  expect(await books()).toEqual(before);
  await world.database.sql("update statements set state = 'discarded'");
  await signed(statement(OTHER, [topUp('UKKDD50093', 707)], { day: 20 }));
  expect((await books()).proved).toBe(before.proved + 707);
});
