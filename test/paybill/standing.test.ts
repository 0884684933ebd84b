import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { savingsAccount } from '#books/ledger/accounts.ts';
import { balanceOf, balances } from '#books/ledger/balance.ts';
import { newReference } from '#ground/references/reference.ts';
import { keepStanding } from '#ground/references/standing-reference.ts';
import { allocate } from '#mpesa/payments/allocate.ts';
import { callbackBody, latestAttempt, push, statusOf } from '../world/checkout.ts';
import { type MadeMember, makeLoan, makeMember } from '../world/lending.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { confirm, deposits, match, newReceipt, noticeBody, openTasks, owe, payBill, register } from './paybill.ts';

let world: World;
let member: MadeMember;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
beforeEach(async () => {
  member = await makeMember(world);
});
afterAll(() => world.stop());

const saved = (of = member) => balanceOf(world.app.db, savingsAccount(of.accountId));
const clearing = async () => (await balances(world.app.db)).clearing;
const tell = async (BillRefNumber: string, changes: Record<string, unknown> = {}) => {
  const TransID = newReceipt();
  await confirm(world, noticeBody({ BillRefNumber, TransID, TransAmount: '500', ...changes }));
  return TransID;
};
const mistype = (reference: string) => reference.slice(0, -1) + (reference.endsWith('7') ? '8' : '7');

/** Money that waits in suspense. */
async function waiting(amount: number, notice: Record<string, unknown> = {}) {
  const receipt = await tell('SHAMBA', { TransAmount: String(amount), ...notice });
  const found = (await deposits(world)).find((deposit) => deposit.receipt === receipt);
  if (!found) throw new Error('The money does not wait.');
  return found;
}

const notices = (subjectId: string) =>
  world.database.sql<{ channel: string; person: string }>(
    "select message ->> 'channel' as channel, message ->> 'personId' as person from outbox where message ->> 'event' = 'savings_deposited' and message ->> 'subjectId' = $1 order by 1",
    [subjectId],
  );

describe('an account that is named at the paybill', () => {
  test('gets the money, the member is promised a message, and the books balance', async () => {
    const rich = await makeMember(world, { email: 'rich@example.org' });
    const { floatCents: before } = await booksBalance(world);
    expect(await payBill(world, { account: rich.savingsReference, amountShillings: 700 })).toMatchObject({ outcome: 'paid' });
    expect(await saved(rich)).toBe(70_000n);
    const [{ source_id } = { source_id: '' }] = await world.database.sql<{ source_id: string }>(
      "select source_id from transfers where kind = 'savings_deposit' and credit_account = $1",
      [savingsAccount(rich.accountId)],
    );
    expect(await notices(source_id)).toEqual([
      { channel: 'email', person: rich.personId },
      { channel: 'sms', person: rich.personId },
    ]);
    await world.pass(1);
    const told = world.smsInbox.messages().filter(({ to }) => to === rich.phone);
    expect(told).toMatchObject([{ text: expect.stringMatching(/700/) }]);
    const { floatCents, clearingCents } = await booksBalance(world);
    expect({ grew: floatCents - before, clearingCents }).toEqual({ grew: 70_000n, clearingCents: 0n });
  });

  test.each([
    ['in lower case', (reference: string) => reference.toLowerCase()],
    ['with spaces for the dash', (reference: string) => ` ${reference.replace('-', '  ')} `],
    ['with O and I for 0 and 1', (reference: string) => reference.replaceAll('0', 'o').replaceAll('1', 'I')],
  ])('is found %s', async (_, type) => {
    await tell(type(member.savingsReference));
    expect(await saved()).toBe(50_000n);
  });

  test('gets it once, however often and at the same moment Safaricom tells of it', async () => {
    const body = noticeBody({ BillRefNumber: member.savingsReference, TransAmount: '300' });
    await Promise.all(Array.from({ length: 8 }, () => confirm(world, body)));
    await confirm(world, body);
    expect([await saved(), await clearing()]).toEqual([30_000n, 0n]);
  });

  test('gets every payment, however many there are', async () => {
    for (let n = 0; n < 3; n++) await tell(member.savingsReference);
    expect(await saved()).toBe(150_000n);
  });

  test('gets no message by a channel that they have opted out of', async () => {
    await world.database.sql('update members set sms_opt_out_at = now() where id = $1', [member.id]);
    await tell(member.savingsReference);
    expect(await world.database.sql("select 1 from outbox where message ->> 'personId' = $1", [member.personId])).toEqual([]);
  });
});

describe('an old reference that was imported', () => {
  const alias = (reference: string, kind: 'loan' | 'savings', subjectId: string) =>
    world.app.db.transaction((tx) => keepStanding(tx, { reference, kind, subjectId, now: world.clock.now() }));

  test('is another name of the same account, in any spelling', async () => {
    expect(await alias('Shamba 0107', 'savings', member.accountId)).toBe(true);
    for (const typed of ['SHAMBA-0107', 'shamba o1o7', 'ShambaOIO7']) await tell(typed);
    expect(await saved()).toBe(150_000n);
  });

  test('is another name of a loan: LOAN-123', async () => {
    const loan = await makeLoan(world, { member });
    await alias('LOAN-123', 'loan', loan.id);
    await tell('loan 123');
    const [repaid] = await world.database.sql('select amount_cents from repayments where loan_id = $1', [loan.id]);
    expect(repaid).toEqual({ amount_cents: '50000' });
  });

  test('stands for one thing: who imports it again for another changes nothing', async () => {
    const other = await makeMember(world);
    expect(await alias('KIOSK-5', 'savings', member.accountId)).toBe(true);
    expect(await alias('kiosk 5', 'savings', other.accountId)).toBe(false);
    await tell('KIOSK5');
    expect([await saved(), await saved(other)]).toEqual([50_000n, 0n]);
  });
});

describe('a prompt for savings', () => {
  const deposit = (changes: Record<string, unknown> = {}) =>
    push(world, { items: undefined, type: 'DEPOSIT', subject: member.savingsReference, amount: 400, ...changes });

  test('pays into the account that was named, by whoever it is paid', async () => {
    const { body, prompt, paymentId } = await deposit();
    expect(body).toMatchObject({ status: 'pending', amount: 400 });
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(1);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', type: 'savings' });
    expect([await saved(), await clearing()]).toEqual([40_000n, 0n]);
  });

  test.each([
    ['no amount', { amount: undefined }, 400],
    ['no reference', { subject: undefined }, 400],
    ['things of the price list too', { items: [{ sku: 'coffee' }] }, 400],
    ['a reference that names nothing', { subject: 'SV-00000000' }, 422],
    ['cents', { amount: 10.5 }, 400],
  ])('that names %s is refused', async (_, changes, status) => {
    expect((await deposit(changes)).response.status).toBe(status);
  });

  test('is refused for a loan, and a prompt for a loan is refused for an account', async () => {
    const loan = await makeLoan(world, { member });
    const answers = [await deposit({ subject: loan.reference }), await deposit({ type: 'LOAN_REPAYMENT' })];
    expect(answers.map(({ response, body }) => [response.status, body.code])).toEqual([
      [422, 'unknown_reference'],
      [422, 'unknown_reference'],
    ]);
  });

  test('that comes to name a loan is booked nowhere, and becomes a task', async () => {
    const loan = await makeLoan(world, { member });
    const { prompt, paymentId } = await deposit();
    await world.database.sql('update payments set subject = $1 where id = $2', [loan.reference, paymentId]);
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(10);
    expect(await openTasks(world)).toMatchObject({ allocation_failed: 1 });
    expect([await clearing(), await saved()]).toEqual([40_000n, 0n]);
    expect(await world.database.sql('select 1 from repayments where loan_id = $1', [loan.id])).toEqual([]);

    await world.database.sql('update payments set subject = $1 where id = $2', [member.savingsReference, paymentId]);
    const [row] = await world.database.sql<{ id: string }>('select id from deposits where payment_id = $1', [paymentId]);
    await allocate(world.app, row?.id ?? '');
    await world.database.sql("update reviews set closed_at = now() where kind = 'allocation_failed'");
    expect([await clearing(), await saved()]).toEqual([0n, 40_000n]);
  });

  test('that is paid at the paybill with more, with less or once more is saved whole, and nobody has to look', async () => {
    const { body, paymentId, prompt } = await deposit();
    const reference = String(body.reference);
    const before = await openTasks(world);
    await tell(reference, { TransAmount: '150' });
    await tell(reference, { TransAmount: '450' });
    const { path } = await latestAttempt(world, paymentId);
    if (!prompt) throw new Error('no prompt');
    await world.send('POST', path, { body: callbackBody(prompt, { receipt: newReceipt() }) });
    expect([await saved(), await clearing()]).toEqual([100_000n, 0n]);
    expect(await openTasks(world)).toEqual(before);
  });
});

describe('suggestions', () => {
  const targets = async (notice: Record<string, unknown>) =>
    (await waiting(10, notice)).suggestions as unknown as { standingReference?: string; kind?: string; reasons: string[] }[];

  test.each([
    ['a wrong character', mistype],
    ['a missing character', (reference: string) => reference.slice(0, -1)],
    ['two swapped characters', (reference: string) => reference.replace(/(.)(.)$/, '$2$1')],
    ['no prefix and a wrong character', (reference: string) => mistype(reference.slice(3))],
    ['the word for the prefix', (reference: string) => mistype(reference).replace('LN-', 'Loan ')],
  ])('find a loan and an account typed with %s', async (_, type) => {
    const loan = await makeLoan(world, { member });
    for (const [reference, kind] of [
      [loan.reference, 'loan'],
      [member.savingsReference, 'savings'],
    ] as const) {
      const typed = type(reference);
      if (typed === reference) continue;
      expect(await targets({ BillRefNumber: typed })).toContainEqual(
        expect.objectContaining({ standingReference: reference, kind, reasons: ['reference'] }),
      );
    }
  });

  test("find what the member with the payer's phone has", async () => {
    const loan = await makeLoan(world, { member });
    const found = await targets({ BillRefNumber: 'MKOPO WANGU', MSISDN: member.phone });
    expect(found.map(({ standingReference, reasons }) => [standingReference, reasons]).sort()).toEqual(
      [
        [loan.reference, ['phone']],
        [member.savingsReference, ['phone']],
      ].sort(),
    );
  });

  test('show no more of a phone than its end', async () => {
    const found = await targets({ BillRefNumber: 'AKIBA', MSISDN: member.phone });
    expect(JSON.stringify(found)).not.toContain(member.phone);
    expect(found[0]).toMatchObject({ maskedPhone: expect.stringMatching(/^07•• ••• \d{3}$/) });
  });
});

describe('a match to a loan or an account', () => {
  test('takes all that waits where no amount is named, and closes the task', async () => {
    const { depositId } = await waiting(800);
    const before = (await openTasks(world)).unidentified_deposit ?? 0;
    const response = await match(world, depositId, { standingReference: member.savingsReference.toLowerCase() });
    expect([response.status, await response.json()]).toEqual([
      200,
      { depositId, paid: [{ standingReference: member.savingsReference, kind: 'savings', amount: 800 }], left: 0 },
    ]);
    expect([await saved(), await clearing()]).toEqual([80_000n, 0n]);
    expect((await openTasks(world)).unidentified_deposit ?? 0).toBe(before - 1);
    const [row] = await world.database.sql<{ id: string }>('select id from matches where deposit_id = $1', [depositId]);
    expect(await notices(row?.id ?? '')).toHaveLength(1);
  });

  test('takes an amount, and the rest waits on', async () => {
    const { depositId } = await waiting(800);
    expect(await (await match(world, depositId, { standingReference: member.savingsReference, amount: 300 })).json()).toMatchObject({
      left: 500,
    });
    expect(await saved()).toBe(30_000n);
    expect(await (await match(world, depositId, { standingReference: member.savingsReference })).json()).toMatchObject({ left: 0 });
    expect(await saved()).toBe(80_000n);
  });

  test('pays a loan as of the day on which the money came', async () => {
    const loan = await makeLoan(world, { member });
    const { depositId } = await waiting(500);
    const cameAt = new Date('2026-11-21T09:00:30Z'); // by M-PESA's own stamp
    await world.clock.advance(3 * 24 * 3_600_000);
    expect((await match(world, depositId, { standingReference: loan.reference })).status).toBe(200);
    const rows = await world.database.sql(
      'select r.amount_cents, r.received_at, r.deposit_id, m.standing_reference from repayments r join matches m on m.id::text = r.source_id where r.loan_id = $1',
      [loan.id],
    );
    expect(rows).toEqual([{ amount_cents: '50000', received_at: cameAt, deposit_id: depositId, standing_reference: loan.reference }]);
    expect(await clearing()).toBe(0n);
  });

  test('stands beside payments in a split: the part without an amount takes what the others leave', async () => {
    const { paymentId, reference } = await owe(world);
    const other = await makeMember(world);
    const { depositId } = await waiting(2000);
    const parts = [
      { standingReference: member.savingsReference },
      { paymentId },
      { standingReference: other.savingsReference, amount: 100 },
    ];
    expect(await (await match(world, depositId, { parts })).json()).toEqual({
      depositId,
      paid: [
        { standingReference: member.savingsReference, kind: 'savings', amount: 650 },
        { paymentId, reference, amount: 1250 },
        { standingReference: other.savingsReference, kind: 'savings', amount: 100 },
      ],
      left: 0,
    });
    expect([await saved(), await saved(other), await clearing()]).toEqual([65_000n, 10_000n, 0n]);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  });

  test.each([
    ['a reference of nothing', { standingReference: newReference('SV') }, 422, 'unknown_reference'],
    ['more than waits', { standingReference: 'OWN', amount: 801 }, 422, 'deposit_too_small'],
    ['nothing', { standingReference: 'OWN', amount: 0 }, 400, 'invalid_input'],
    [
      'a payment and an account at once',
      { standingReference: 'OWN', paymentId: '01930000-0000-7000-8000-000000000001' },
      400,
      'invalid_input',
    ],
    ['twice what is left', { parts: [{ standingReference: 'OWN' }, { standingReference: 'OWN' }] }, 400, 'invalid_input'],
    [
      'what is left where nothing is',
      { parts: [{ standingReference: 'OWN', amount: 800 }, { standingReference: 'OWN' }] },
      422,
      'deposit_too_small',
    ],
  ])('is refused when it names %s, and nothing moves', async (_, body, status, code) => {
    const { depositId } = await waiting(800);
    const own = JSON.parse(JSON.stringify(body).replaceAll('OWN', member.savingsReference)) as unknown;
    const response = await match(world, depositId, own);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
    expect([await saved(), (await deposits(world)).find((deposit) => deposit.depositId === depositId)?.waiting]).toEqual([0n, 800]);
  });

  test('of many people who match the same money at the same moment, one does', async () => {
    const { depositId } = await waiting(800);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => match(world, depositId, { standingReference: member.savingsReference })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)]);
    expect([await saved(), await clearing()]).toEqual([80_000n, 0n]);
  });

  test('two people who match parts of the same money at the same moment take no more than waits', async () => {
    const other = await makeMember(world);
    const { depositId } = await waiting(800);
    const answers = await Promise.all(
      [member, other, member, other].map((each) => match(world, depositId, { standingReference: each.savingsReference, amount: 300 })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 422, 422]);
    expect((await saved()) + (await saved(other))).toBe(60_000n);
    expect((await deposits(world)).find((deposit) => deposit.depositId === depositId)).toMatchObject({ waiting: 200 });
  });

  test('splits over two loans that cross each other do not wait for each other', async () => {
    const [a, b] = [await makeLoan(world, { member }), await makeLoan(world)];
    const [one, other] = [await waiting(400), await waiting(400)];
    const parts = [a, b].map(({ reference }) => ({ standingReference: reference, amount: 200 }));
    const answers = await Promise.all([
      match(world, one.depositId, { parts }),
      match(world, other.depositId, { parts: parts.toReversed() }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await clearing()).toBe(0n);
  });

  test('a treasurer gives none of it to a loan or an account of their own, nor by way of a payment for one; another one does', async () => {
    const borrower = await makeMember(world, { role: 'treasurer' });
    const loan = await makeLoan(world, { member: borrower });
    const { depositId } = await waiting(800);
    const asked = { phoneNumber: borrower.phone, type: 'loan_repayment', subject: loan.reference.toLowerCase(), amount: 800 };
    const prompt = await world.send('POST', '/api/payments/stk-push', { body: asked });
    const { paymentId } = (await prompt.json()) as { paymentId: string };
    const matchAs = (by: MadeMember, body: unknown) =>
      world.send('POST', `/api/deposits/${depositId}/match`, { body, headers: by.headers });
    const seen: unknown[] = [];
    for (const body of [
      { standingReference: loan.reference },
      { standingReference: borrower.savingsReference, amount: 5 },
      { parts: [{ standingReference: member.savingsReference, amount: 5 }, { standingReference: loan.reference.replace('LN-', 'loan ') }] },
      { paymentId },
    ]) {
      const response = await matchAs(borrower, body);
      seen.push([response.status, ((await response.json()) as { code: string }).code]);
    }
    expect(seen).toEqual([
      [403, 'own_loan'],
      [403, 'own_account'],
      [403, 'own_loan'],
      [403, 'own_loan'],
    ]);
    expect((await deposits(world)).find((deposit) => deposit.depositId === depositId)?.waiting).toBe(800);
    expect((await matchAs(await makeMember(world, { role: 'treasurer' }), { standingReference: loan.reference })).status).toBe(200);
  });
});
