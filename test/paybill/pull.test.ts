import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import type { PulledTransaction } from '#mpesa/daraja/parse-pull.ts';
import { readListClock } from '#mpesa/paybill/read-list-clock.ts';
import { newPhone, push, statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { confirm, match, noticeBody, openTasks, owe, register, tellsNow } from './paybill.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' } });
  expect((await register(world)).status).toBe(200);
  await world.app.daraja.registerPull({ phone: '254712345678', callbackUrl: `${world.siteUrl}/api/health` });
});
afterAll(() => world.stop());

const HOUR = 60 * 60_000;
const depositOf = async (receipt: string) => {
  const [row] = await world.database.sql<{ id: string; source: string; proved: boolean; state: string }>(
    `select id, source, confirmed_at is not null and receipt_proved_at is not null as proved,
       case when taken_back_at is not null then 'taken back' when refuted_at is not null then 'refuted' else 'stands' end as state from deposits where receipt = $1`,
    [receipt],
  );
  return row;
};
const told = async () => (await balances(world.app.db)).paybill_told ?? 0n;

test('a payment whose notice was lost is found by the pull within a quarter of an hour, proved, and pays what was typed', async () => {
  const { paymentId, reference } = await owe(world, 'maize');
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 200, account: reference });
  await world.pass(16);
  const receipt = 'receipt' in paid ? paid.receipt : '';
  expect(await depositOf(receipt)).toMatchObject({ source: 'pull', proved: true });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', proved: true, mpesaReceiptNumber: receipt });
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
});

test('a success that a query told without a receipt gets its receipt from the pull, and is not booked twice', async () => {
  const { paymentId } = await push(world, { phoneNumber: '254711111119', items: [{ sku: 'coffee', quantity: 7 }] }); // pays, and the callback is lost
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  await world.pass(31);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', mpesaReceiptNumber: expect.stringMatching(/^[A-Z0-9]{10}$/) });
  const rows = await world.database.sql('select tied_by, receipt_proved_at is not null as proved from deposits where payment_id = $1', [
    paymentId,
  ]);
  expect(rows).toEqual([{ tied_by: 'reference', proved: true }]);
  const books = await booksBalance(world);
  expect(books.floatCents).toBe(books.truthCents);
});

describe('a forged notice', () => {
  test('is refuted by a whole pull of its time, and one action of a person takes it back: the sale, its VAT, its invoice', async () => {
    const { paymentId, reference } = await owe(world, 'coffee', newPhone(), 'achieng@example.com');
    const forged = tellsNow(world);
    await world.pass(5); // its prompt has ended: it is told and serves at once
    const before = await balances(world.app.db);
    await confirm(world, noticeBody({ ...forged, BillRefNumber: reference }));
    await world.pass(2);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', proved: false });
    for (let hours = 0; hours < 32; hours += 4) {
      await world.clock.advance(4 * HOUR);
      await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 10, account: 'SHAMBA' }); // the list is not empty
      await world.pass(17);
    }
    const lie = await depositOf(forged.TransID);
    expect(lie).toMatchObject({ proved: false, state: 'refuted' });
    expect(await openTasks(world)).toMatchObject({ deposit_refuted: 1 });
    const matched = await match(world, lie?.id ?? '', { paymentId: (await owe(world)).paymentId });
    expect(await matched.json()).toMatchObject({ code: 'deposit_refuted' }); // it is locked

    const treasurer = await signedIn(world, 'treasurer');
    const body = { reason: 'Not on the statement' };
    const answers = await Promise.all(
      [1, 2].map(() => world.send('POST', `/api/deposits/${lie?.id}/take-back`, { body, headers: treasurer })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'reversed' });
    expect(await told()).toBe(0n);
    const after = await balances(world.app.db);
    for (const account of ['sales', 'vat_payable', 'rounding']) expect([account, after[account]]).toEqual([account, before[account]]);
    expect(await world.database.sql('select kind from invoices where payment_id = $1 order by kind', [paymentId])).toEqual([
      { kind: 'credit_note' },
      { kind: 'invoice' },
    ]);
    expect(await openTasks(world)).not.toHaveProperty('deposit_refuted');
    await world.pass(2);
    const mail = world.inbox.messages().findLast(({ subject }) => subject.includes('CRN-'));
    expect(mail?.text).toContain('cancels the invoice that it names');
    expect(mail?.text).not.toMatch(/sent your money|Refunded with/); // nobody was sent any
  }, 120_000);

  test('that was not refuted is not taken back, whoever asks', async () => {
    const receipt = tellsNow(world);
    await confirm(world, noticeBody({ ...receipt, TransAmount: '55' }));
    const deposit = await depositOf(receipt.TransID);
    const send = (headers: Record<string, string>) =>
      world.send('POST', `/api/deposits/${deposit?.id}/take-back`, { body: { reason: 'I say so' }, headers });
    expect((await send(await signedIn(world, 'treasurer'))).status).toBe(409);
    expect((await send(await operator(world, 'deposits:match'))).status).toBe(403);
    expect((await world.send('POST', `/api/deposits/${deposit?.id}/take-back`, { body: { reason: 'I say so' } })).status).toBe(401);
  });
});

test('the clock of a list is that on which receipts are that somebody else told of; where none is, it is unknown', async () => {
  const told = { ...tellsNow(world), TransAmount: '17', BillRefNumber: 'SHAMBA' };
  await confirm(world, noticeBody(told));
  const at = world.clock.now().getTime();
  const row = (transactionId: string, ...hours: number[]): PulledTransaction => ({
    ...{ transactionId, amountCents: 1_700n, kind: 'paybill', sender: '' },
    times: hours.map((offset) => new Date(at + offset * 3_600_000)),
  });
  expect(await readListClock(world.app.db, [row(told.TransID, 0, 3)])).toBe('nairobi');
  expect(await readListClock(world.app.db, [row(told.TransID, -3, 0), row('UKLNOBODY1', -3, 0)])).toBe('utc');
  expect(await readListClock(world.app.db, [row('UKLNOBODY1', 0, 3)])).toBeUndefined();
  expect(await readListClock(world.app.db, [row(told.TransID, 0)])).toBeUndefined();
});
