import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { confirm, newReceipt, noticeBody, openTasks, owe } from '../paybill/paybill.ts';
import { exported, importedAndSigned } from '../reconcile/importing.ts';
import { newPhone, push, statusOf } from '../world/checkout.ts';
import { makeLoan, makeMember } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

type Answer = Record<string, unknown>;
type Headers = { authorization: string };

/** What people say of a payment: by default of one that the simulator's M-PESA has never seen. */
const said = (world: World, more: Answer = {}) => ({
  ...{ receipt: newReceipt(world.clock.now()), amount: 1250, at: world.clock.now().toISOString(), reason: "On the customer's phone" },
  ...more,
});

let world: World;
let [one, two]: Headers[] = [];
const people = async () => {
  [one, two] = [await signedIn(world, 'treasurer'), await signedIn(world, 'admin')];
};
const send = async (method: string, path: string, headers = one, body?: unknown) => {
  const response = await world.send(method, path, { headers: headers ?? {}, ...(body !== undefined && { body }) });
  return { status: response.status, body: (await response.json()) as Answer };
};
const record = (more: Answer = {}, as = one) => send('POST', '/api/receipts', as, said(world, more));
const approve = (id: unknown, as = two) => send('POST', `/api/receipts/${String(id)}/approve`, as, {});
const shown = async (receipt: unknown) => ((await send('GET', `/api/receipts?receipt=${String(receipt)}`)).body.receipts as Answer[])[0];
const movements = (receipt: unknown) =>
  world.database.sql<Answer>(
    'select id, receipt_proved_at is not null as proved, source, payment_id, amount_cents::int as cents from deposits where receipt = $1 and merged_into is null',
    [receipt],
  );
/** A payment that M-PESA has and that nothing told us: our addresses are not registered. */
const untold = async (account: string, phone = newPhone()) => {
  const paid = await world.simulator.control.payBill({ phone, amountShillings: 1250, account });
  return 'receipt' in paid ? paid.receipt : '';
};
const silent = () => world.simulator.control.plan({ api: 'transactionstatus', lost: true });

describe('a receipt that Safaricom never told', () => {
  beforeAll(async () => {
    world = await startWorld();
  });
  beforeEach(async () => {
    await people(); // none meets the limit of an hour
    await world.database.sql('update reviews set closed_at = now() where closed_at is null');
  });
  afterAll(() => world.stop());

  test('books nothing before a second person has looked; then it pays what it names, told and not proved', async () => {
    silent();
    const { paymentId, reference } = await owe(world);
    await world.pass(5); // its prompt has ended: this is not its echo
    const receipt = newReceipt(world.clock.now());
    const { status, body } = await record({ receipt, reference });
    expect([status, body]).toMatchObject([201, { receipt, amount: 1250, shortcode: '174379', state: 'asked', asked: true }]);
    expect(await movements(receipt)).toEqual([]);
    expect(await openTasks(world)).toMatchObject({ receipt_recorded: 1 });
    expect(await approve(body.receiptId, one)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
    expect(await approve(body.receiptId)).toMatchObject({ status: 200, body: { state: 'booked' } });
    expect(await movements(receipt)).toMatchObject([{ proved: false, source: 'c2b', payment_id: paymentId }]);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', proved: false });
    expect(await openTasks(world)).not.toHaveProperty('receipt_recorded');
    expect(await approve(body.receiptId)).toMatchObject({ status: 409, body: { code: 'receipt_decided' } });
    const trail = await world.database.sql('select action from audit where subject = $1 order by happened_at, id', [body.receiptId]);
    expect(trail).toEqual([{ action: 'receipt_recorded' }, { action: 'receipt_decided' }]);
    const balances = (await send('GET', '/api/reports/balances')).body.shortcodes as Answer[];
    expect(balances.find(({ shortcode }) => shortcode === '174379')).toMatchObject({ told: 1250 });
  });

  test('of two who approve it at once one does, and it is booked once', async () => {
    silent();
    const { body } = await record();
    const third = await signedIn(world, 'treasurer');
    const answers = await Promise.all([approve(body.receiptId), approve(body.receiptId, third)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await movements(body.receipt)).toHaveLength(1);
  });

  test('is rejected with a reason, books nothing, and may be recorded again', async () => {
    silent();
    const { body } = await record();
    const reject = (as = two) => send('POST', `/api/receipts/${String(body.receiptId)}/reject`, as, { reason: 'Not in the portal' });
    expect((await reject(one)).body.code).toBe('second_person_needed');
    expect((await reject()).body).toMatchObject({ state: 'rejected' });
    expect((await reject()).body.code).toBe('receipt_decided');
    expect(await movements(body.receipt)).toEqual([]);
    expect(await shown(body.receipt)).toMatchObject({ state: 'rejected', decisionNote: 'Not in the portal' });
    expect((await record({ receipt: body.receipt })).status).toBe(201);
  });

  test('is asked about within a minute, and booked as proved by Safaricom alone where it has it; its task closes', async () => {
    world.simulator.control.reset();
    const receipt = await untold('nobody knows');
    const { body } = await record({ receipt });
    await world.pass(3);
    expect(await movements(receipt)).toMatchObject([{ proved: true, source: 'status' }]);
    expect(await shown(receipt)).toMatchObject({ state: 'found', proved: true, depositId: expect.any(String) });
    expect(await openTasks(world)).not.toHaveProperty('receipt_recorded');
    expect(await approve(body.receiptId)).toMatchObject({ body: { code: 'receipt_decided' } });
  });

  test('is booked once where Safaricom tells it after the second person has, in the same words', async () => {
    silent();
    const { paymentId, reference } = await owe(world);
    const receipt = newReceipt(world.clock.now());
    const { body } = await record({ receipt, reference });
    await approve(body.receiptId);
    await confirm(world, noticeBody({ TransID: receipt, BillRefNumber: reference }));
    expect(await movements(receipt)).toMatchObject([{ payment_id: paymentId }]);
  });

  test('that pays a loan or savings of whoever records or approves it is refused to them', async () => {
    silent();
    const borrower = await makeMember(world, { role: 'treasurer' });
    const loan = await makeLoan(world, { member: borrower });
    for (const [reference, code] of [
      [loan.reference, 'own_loan'],
      [borrower.savingsReference, 'own_account'],
    ] as const) {
      expect(await record({ reference }, borrower.headers)).toMatchObject({ status: 403, body: { code } });
      const { body } = await record({ reference });
      expect(await approve(body.receiptId, borrower.headers)).toMatchObject({ status: 403, body: { code } });
      expect((await send('POST', `/api/receipts/${String(body.receiptId)}/reject`, two, { reason: 'Not there' })).status).toBe(200);
    }
  });

  test('stays for a second person where Safaricom tells another amount than was recorded', async () => {
    silent();
    const receipt = newReceipt(world.clock.now());
    const { body } = await record({ receipt, amount: 900 });
    await confirm(world, noticeBody({ TransID: receipt, TransAmount: '1250', BillRefNumber: 'SHAMBA' }));
    await world.pass(3);
    expect(await shown(receipt)).toMatchObject({ state: 'asked' });
    expect(await openTasks(world)).toMatchObject({ receipt_recorded: 1 });
    expect(await movements(receipt)).toMatchObject([{ cents: 125_000 }]);
    expect(await approve(body.receiptId)).toMatchObject({ status: 409, body: { code: 'receipt_known', depositId: expect.any(String) } });
    expect(await shown(receipt)).toMatchObject({ state: 'asked' });
    expect((await send('POST', `/api/receipts/${String(body.receiptId)}/reject`, two, { reason: 'Another amount' })).status).toBe(200);
  });

  test('is booked once where Safaricom tells it first: recorded it is refused, approved it is found', async () => {
    silent();
    const { reference } = await owe(world);
    const receipt = newReceipt(world.clock.now());
    const { body } = await record({ receipt });
    await confirm(world, noticeBody({ TransID: receipt, BillRefNumber: reference }));
    expect(await approve(body.receiptId)).toMatchObject({ status: 200, body: { state: 'found' } });
    expect(await movements(receipt)).toHaveLength(1);
    expect(await record({ receipt })).toMatchObject({ status: 409, body: { code: 'receipt_known', depositId: expect.any(String) } });
  });

  test('is booked once however approving and the notice meet', async () => {
    silent();
    for (let round = 0; round < 6; round++) {
      const { reference } = await owe(world);
      const receipt = newReceipt(world.clock.now());
      const { body } = await record({ receipt, reference });
      await Promise.all([approve(body.receiptId), confirm(world, noticeBody({ TransID: receipt, BillRefNumber: reference }))]);
      expect(await movements(receipt)).toHaveLength(1);
    }
  });

  test('is refused with what to change', async () => {
    const refused = async (more: Answer, code: string, words: string) => {
      const { body } = await record(more);
      expect([body.code, JSON.stringify(body)]).toEqual([code, expect.stringContaining(words)]);
    };
    await refused({ receipt: 'AB' }, 'invalid_input', 'UKL7XYZ123');
    await refused({ receipt: 'UAA0000001' }, 'receipt_day_differs', '2026-01-10');
    await refused({ receipt: 'UBV0000001' }, 'receipt_day_differs', 'names no day');
    await refused({ at: new Date(world.clock.now().getTime() + 60_000).toISOString() }, 'invalid_input', 'future');
    await refused({ amount: 250_001 }, 'invalid_input', '250000');
    await refused({ amount: 0 }, 'invalid_input', 'amount');
    await refused({ shortcode: '999999' }, 'unknown_shortcode', '999999');
    await refused({ reason: undefined }, 'invalid_input', 'reason');
    await refused({ amount: undefined }, 'invalid_input', 'amount');
    const receipt = newReceipt(world.clock.now());
    await record({ receipt });
    await refused({ receipt }, 'receipt_known', 'recorded before');
    expect((await approve('01930000-0000-7000-8000-000000000001')).body.code).toBe('receipt_not_found');
  });

  test('of two who record it at once one does', async () => {
    const receipt = newReceipt(world.clock.now());
    const answers = await Promise.all([record({ receipt }), record({ receipt }, two)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  test('is recorded thirty times an hour at most', async () => {
    const answers = [];
    for (let n = 0; n < 31; n++) answers.push((await record()).status);
    expect(answers).toEqual([...Array.from({ length: 30 }, () => 201), 429]);
  });

  test('is no matter for a key, nor for a member', async () => {
    for (const headers of [await operator(world, 'payments:read', 'deposits:match'), await signedIn(world, 'member')])
      expect((await record({}, headers)).status).toBe(403);
  });

  test('keeps what names people encrypted', async () => {
    await record({ phoneNumber: '0712345678', payerName: 'Canary Payer', reference: 'CANARYREF', reason: 'Call 0712345678 about it' });
    const dump = JSON.stringify([
      await world.database.sql('select * from recorded_receipts'),
      await world.database.sql('select * from audit'),
      await world.database.sql('select * from reviews'),
    ]);
    expect(dump).not.toMatch(/canary/i);
    expect(dump).not.toMatch(/712345678/);
  });
});

describe('the receipt of a payment that is booked without one', () => {
  beforeAll(async () => {
    world = await startWorld();
    await people();
  });
  afterAll(() => world.stop());

  /** A prompt that was paid, its callback lost: a query tells it, without the receipt. */
  async function nameless() {
    const phone = newPhone();
    world.simulator.control.plan({ phone, outcome: 'paid', lost: true });
    const { paymentId } = await push(world, { phoneNumber: phone });
    await world.pass(2);
    const [deposit] = await world.database.sql<{ id: string; receipt: string | null }>(
      'select id, receipt from deposits where payment_id = $1',
      [paymentId],
    );
    if (!deposit || deposit.receipt !== null) throw new Error('It is not nameless.');
    const receipt = world.simulator.control.truth().transactions.at(-1)?.receipt ?? '';
    return { paymentId, depositId: deposit.id, receipt };
  }
  const name = (depositId: string, receipt: string, as = one) =>
    send('POST', '/api/receipts', as, { receipt, depositId, reason: 'In the portal' });
  const named = async (depositId: string, receipt: string) => approve((await name(depositId, receipt)).body.receiptId);

  test('is named once a second person has looked, books nothing more, and is proved by Safaricom', async () => {
    const { paymentId, depositId, receipt } = await nameless();
    const before = await booksBalance(world);
    const { body } = await name(depositId, receipt);
    expect(body).toMatchObject({ state: 'asked', receipt, amount: 1250 });
    expect(await movements(receipt)).toEqual([]);
    expect(await shown(receipt)).toMatchObject({ state: 'asked', depositId });
    expect((await approve(body.receiptId, one)).body.code).toBe('second_person_needed');
    expect((await approve(body.receiptId)).body).toMatchObject({ state: 'named' });
    expect(await shown(receipt)).toMatchObject({ state: 'named', depositId });
    expect(await movements(receipt)).toMatchObject([{ id: depositId, proved: false }]);
    expect(await booksBalance(world)).toEqual(before);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', mpesaReceiptNumber: receipt });
    await world.pass(4);
    expect(await movements(receipt)).toMatchObject([{ id: depositId, proved: true }]);
    expect((await name(depositId, newReceipt(world.clock.now()))).body).toMatchObject({
      code: 'receipt_known',
      detail: expect.stringContaining(receipt),
    });
  });

  test('is refused where the code came in as another payment meanwhile', async () => {
    const { depositId } = await nameless();
    silent();
    const receipt = newReceipt(world.clock.now());
    const { body } = await name(depositId, receipt);
    await confirm(world, noticeBody({ TransID: receipt, TransAmount: '1250', BillRefNumber: 'SHAMBA' }));
    expect(await approve(body.receiptId)).toMatchObject({ status: 409, body: { code: 'receipt_known' } });
    expect(await movements(receipt)).toMatchObject([{ cents: 125_000 }]);
    expect((await movements(receipt))[0]?.id).not.toBe(depositId);
  });

  test('that is wrong gives way to the one that Safaricom proves', async () => {
    const { depositId, receipt } = await nameless();
    await named(depositId, newReceipt(world.clock.now()));
    const { bytes, name: file } = await exported(world);
    await importedAndSigned(world, bytes, file);
    await world.pass(3);
    expect(await movements(receipt)).toMatchObject([{ id: depositId, proved: true }]);
    expect(await booksBalance(world)).toMatchObject({ clearingCents: 0n });
  });

  test('is no receipt that paid something else, and no deposit that no prompt brought', async () => {
    const first = await nameless();
    const second = await nameless();
    await named(first.depositId, first.receipt);
    expect((await name(second.depositId, first.receipt)).body.code).toBe('receipt_known');
    expect((await name('01930000-0000-7000-8000-000000000001', newReceipt(world.clock.now()))).body.code).toBe('deposit_not_found');
    expect((await name(second.depositId, 'UAA0000001')).body.code).toBe('receipt_day_differs');
  });

  test('of two codes for one that are approved at once, one names it', async () => {
    const { depositId, receipt } = await nameless();
    const asked = [await name(depositId, receipt), await name(depositId, newReceipt(world.clock.now()))];
    const answers = await Promise.all(asked.map(({ body }) => approve(body.receiptId)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test('is none where the second person rejects it', async () => {
    const { depositId, receipt } = await nameless();
    const { body } = await name(depositId, receipt);
    await send('POST', `/api/receipts/${String(body.receiptId)}/reject`, two, { reason: 'Not in the portal' });
    expect(await movements(receipt)).toEqual([]);
    expect((await named(depositId, receipt)).body).toMatchObject({ state: 'named' });
  });

  test('pays nothing a second time where it was invented and the true one comes', async () => {
    const { paymentId, depositId, receipt } = await nameless();
    const invented = newReceipt(world.clock.now());
    expect((await named(depositId, invented)).body).toMatchObject({ state: 'named' });
    expect(await movements(invented)).toMatchObject([{ id: depositId }]);
    const { bytes, name: file } = await exported(world);
    await importedAndSigned(world, bytes, file);
    await world.pass(3);
    expect(await movements(receipt)).toMatchObject([{ id: depositId, proved: true, payment_id: paymentId }]);
    const paid = (await movements(invented)).filter((movement) => movement.payment_id !== null);
    expect(paid).toEqual([]);
    expect(await openTasks(world)).not.toHaveProperty('surplus_payment');
  });
});

describe('a recorded receipt and a signed statement', () => {
  beforeAll(async () => {
    world = await startWorld();
    await people();
  });
  afterAll(() => world.stop());

  test('are one booking, which the statement proves, whichever comes first', async () => {
    silent();
    const { reference } = await owe(world);
    const [first, second] = [await untold(reference), await untold('later')];
    const booked = await record({ receipt: first, reference });
    await approve(booked.body.receiptId);
    await record({ receipt: second });
    await world.clock.advance(60_000);
    const { bytes, name } = await exported(world);
    await importedAndSigned(world, bytes, name);
    await world.pass(3);
    for (const receipt of [first, second]) expect(await movements(receipt)).toMatchObject([{ proved: true }]);
    expect(await shown(first)).toMatchObject({ state: 'booked', proved: true });
    expect(await shown(second)).toMatchObject({ state: 'found', proved: true });
    const { floatCents, truthCents, clearingCents } = await booksBalance(world);
    expect([floatCents, clearingCents]).toEqual([truthCents, 0n]);
    const day = (await send('GET', '/api/reports/evidence')).body.total as { toldBy: Answer };
    expect(day.toldBy).toMatchObject({ person: 1, statement: 1, notice: 0 });
  });
});
