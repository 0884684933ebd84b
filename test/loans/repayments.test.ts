import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { closeGateSql } from '#sacco/loans/lock-loan.ts';
import { repayLoan } from '#sacco/loans/repay-loan.ts';
import { confirm, newReceipt, noticeBody, register } from '../paybill/paybill.ts';
import { newPhone, push } from '../world/checkout.ts';
import { makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import {
  DAY_MS,
  expectLendingToAgree,
  expectTruth,
  pay,
  payTruly,
  penaltiesOf,
  promised,
  prove,
  repaymentsOf,
  standing,
} from './repaying.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(async () => {
  await expectLendingToAgree(world);
  await world.stop();
});

describe('5,000 shillings over ten weeks of 500, and 1,000 come by paybill before anything is due', () => {
  test('where the product takes what is due, the next instalment is paid and the rest is saved', async () => {
    const loan = await makeLoan(world);
    await payTruly(world, loan.reference, 1000);
    expect(await standing(world, loan)).toEqual({ state: 'active', principal: 4500, saved: 500 });
    expect(await repaymentsOf(world, loan)).toMatchObject([{ amount: 500, excess: 500, principal: 500, interest: 0 }]);
    await expectTruth(world);
  });

  test('where the product takes everything, 4,000 are left', async () => {
    const loan = await makeLoan(world, { product: await makeProduct(world, { excess: 'full' }) });
    await payTruly(world, loan.reference, 1000);
    expect(await standing(world, loan)).toEqual({ state: 'active', principal: 4000, saved: 0 });
    await expectTruth(world);
  });
});

test('200 of 500 are taken, and the rest of the instalment is still owed', async () => {
  const loan = await makeLoan(world);
  await payTruly(world, loan.reference, 200);
  expect(await standing(world, loan)).toEqual({ state: 'active', principal: 4800, saved: 0 });
  await payTruly(world, loan.reference, 400);
  expect(await standing(world, loan)).toEqual({ state: 'active', principal: 4500, saved: 100 });
});

test('however the reference is typed', async () => {
  const loan = await makeLoan(world);
  await pay(world, ` loan ${loan.reference.slice(3).toLowerCase()} `, 100);
  await pay(world, loan.reference.replace('-', ''), 100);
  expect(await standing(world, loan)).toMatchObject({ principal: 4800 });
});

test('each of a member’s loans is paid by its own reference, and all save into one account', async () => {
  const member = await makeMember(world);
  const loans = [await makeLoan(world, { member }), await makeLoan(world, { member }), await makeLoan(world, { member })];
  await Promise.all(loans.map((loan, at) => pay(world, loan.reference, 600 + 100 * at)));
  for (const loan of loans) expect(await standing(world, loan)).toEqual({ state: 'active', principal: 4500, saved: 100 + 200 + 300 });
});

test('interest, fees and penalties are earned when they are paid, in the order of the product', async () => {
  const product = await makeProduct(world, { penaltyKind: 'fixed', penaltyCents: 5_000n });
  const loan = await makeLoan(world, { product, interestCents: 10_000n });
  const before = await balances(world.app.db);
  await world.clock.advance(9 * DAY_MS);
  await pay(world, loan.reference, 180);
  expect(await repaymentsOf(world, loan)).toMatchObject([{ amount: 180, penalty: 50, fee: 0, interest: 100, principal: 30 }]);
  expect(await penaltiesOf(world, loan)).toMatchObject([{ number: 1, amount: 50, paid: 50 }]);
  const after = await balances(world.app.db);
  expect([after.loan_penalties, after.loan_interest]).toEqual([
    (before.loan_penalties ?? 0n) + 5_000n,
    (before.loan_interest ?? 0n) + 10_000n,
  ]);
  expect(
    await world.database.sql(
      "select 1 from outbox where message ->> 'kind' = 'digest' and message ->> 'memberId' = $1 and message ->> 'channel' = 'sms'",
      [loan.member.id],
    ),
  ).toHaveLength(1);
});

test('the last shilling closes the loan, what is too much is saved, and what comes later too', async () => {
  const loan = await makeLoan(world, { product: await makeProduct(world, { instalments: 1 }) });
  await pay(world, loan.reference, 5200);
  expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 200 });
  await pay(world, loan.reference, 300);
  expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 500 });
  expect(await repaymentsOf(world, loan)).toMatchObject([
    { amount: 5000, excess: 200 },
    { amount: 0, excess: 300 },
  ]);
  expect(await promised(world, loan.id)).toEqual([]);
});

test('a loan that told money has paid is closing: its borrower is told that it is closed when the money is proved, once', async () => {
  const loan = await makeLoan(world, { product: await makeProduct(world, { instalments: 1 }) });
  const shown = async () => {
    const read = async (path: string) =>
      (await (await world.send('GET', path, { headers: loan.member.headers })).json()) as Record<string, unknown>;
    const [one, listed, me] = [
      await read(`/api/loans/${loan.id}`),
      await read('/api/loans?mine=true&state=closing'),
      await read('/api/members/me'),
    ];
    return [
      one.state,
      (one.repayments as { proved: boolean }[]).map(({ proved }) => proved),
      (listed.loans as []).length,
      me.loans,
      me.accounts,
    ];
  };
  const receipts = [await pay(world, loan.reference, 3000), await pay(world, loan.reference, 2100)];
  expect(await shown()).toMatchObject(['closing', [false, false], 1, [{ state: 'closing' }], [{ balance: 100, told: 100, available: 0 }]]);
  await prove(world, receipts[1]);
  expect(await shown()).toMatchObject(['closing', [false, true], 1, [{ state: 'closing' }], [{ balance: 100, told: 100, available: 0 }]]);
  expect(await promised(world, loan.id)).toEqual([]);
  for (const _ of ['once', 'twice']) await prove(world, receipts[0]);
  expect(await shown()).toMatchObject(['closed', [true, true], 0, [{ state: 'closed' }], [{ balance: 100, told: 0, available: 100 }]]);
  expect(await promised(world, loan.id)).toEqual([{ event: 'loan_closed', n: 1 }]);
});

test.each(['submitted', 'approved', 'rejected', 'withdrawn', 'disbursing'])('money for a loan that is %s is saved', async (state) => {
  const loan = await makeLoan(world);
  await world.database.sql('update loans set state = $2 where id = $1', [loan.id, state]);
  await pay(world, loan.reference, 100);
  expect(await standing(world, loan)).toEqual({ state, principal: 5000, saved: 100 });
});

test('the borrower and every treasurer are told of a repayment, also of a part, once each', async () => {
  const treasurer = await makeMember(world, { role: 'treasurer', email: 'hazina@example.com' });
  const loan = await makeLoan(world, { member: await makeMember(world, { email: 'achieng@example.com' }) });
  await pay(world, loan.reference, 200);
  const [repayment] = await repaymentsOf(world, loan);
  const told = await world.database.sql<{ person: string; channel: string }>(
    "select message ->> 'personId' as person, message ->> 'channel' as channel from outbox where message ->> 'subjectId' = $1 and message ->> 'event' = 'repayment_booked'",
    [repayment?.id],
  );
  const messages = told.map(({ person, channel }) => `${person} ${channel}`).sort();
  const people = [loan.member.personId, treasurer.personId];
  expect(messages).toEqual(people.flatMap((person) => [`${person} email`, `${person} sms`]).sort());
});

describe('money is booked once', () => {
  test('when its notice comes ten times at once and again later', async () => {
    const loan = await makeLoan(world);
    const body = noticeBody({ TransID: newReceipt(), TransAmount: '300', BillRefNumber: loan.reference });
    await Promise.all(Array.from({ length: 10 }, () => confirm(world, body)));
    await confirm(world, body);
    expect(await standing(world, loan)).toMatchObject({ principal: 4700 });
    expect(await repaymentsOf(world, loan)).toHaveLength(1);
  });

  test('by whoever and however often it is booked', async () => {
    const loan = await makeLoan(world);
    await pay(world, loan.reference, 300);
    const [booked] = await world.database.sql<{ source_id: string; deposit_id: string }>(
      'select source_id, deposit_id from repayments where loan_id = $1',
      [loan.id],
    );
    if (!booked) throw new Error('Nothing was booked.');
    const money = { sourceId: booked.source_id, depositId: booked.deposit_id, subjectId: loan.id, amountCents: 30_000n };
    const again = () => world.app.db.transaction((tx) => repayLoan(tx, { ...money, settledAt: world.clock.now() }, world.clock.now()));
    await Promise.all([again(), again(), again()]);
    expect(await standing(world, loan)).toMatchObject({ principal: 4700 });
    expect(await repaymentsOf(world, loan)).toHaveLength(1);
  });

  test('after the penalty run has done its chunk', async () => {
    const loan = await makeLoan(world);
    const held = Promise.withResolvers<void>();
    const run = world.app.db.transaction(async (tx) => {
      await tx.execute(closeGateSql());
      await held.promise;
    });
    await until(() => world.database.sql("select 1 from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock' and granted"));
    const paid = pay(world, loan.reference, 300);
    await until(() => world.database.sql("select 1 from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and not granted"));
    expect(await repaymentsOf(world, loan)).toEqual([]);
    held.resolve();
    await Promise.all([run, paid]);
    expect(await repaymentsOf(world, loan)).toMatchObject([{ amount: 300 }]);
  });

  test('when twenty payments for one loan come at once', async () => {
    const loan = await makeLoan(world, { product: await makeProduct(world, { excess: 'full' }) });
    await Promise.all(Array.from({ length: 20 }, () => pay(world, loan.reference, 270)));
    expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 400 });
  });
});

describe('a prompt', () => {
  const prompt = async (subject: string, amount: number, phoneNumber = newPhone()) =>
    push(world, { items: undefined, type: 'loan_repayment', subject, amount, phoneNumber });

  test('pays the loan, whatever the order of the callback and the paybill notice of the same money', async () => {
    const loan = await makeLoan(world);
    const { prompt: shown, response } = await prompt(loan.reference, 500);
    expect(response.status).toBe(201);
    await world.simulator.control.answer(shown?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(1);
    await world.simulator.control.redeliver(shown?.checkoutRequestId ?? '');
    await world.settled();
    expect(await standing(world, loan)).toEqual({ state: 'active', principal: 4500, saved: 0 });
    expect((await booksBalance(world)).clearingCents).toBe(0n);
  });

  test('that is paid twice, or by paybill under its own reference with another amount, is money for the loan all the same', async () => {
    const loan = await makeLoan(world);
    const { prompt: shown, body } = await prompt(loan.reference, 500);
    await world.simulator.control.answer(shown?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(1);
    await pay(world, String(body.reference), 500);
    await pay(world, String(body.reference), 120);
    await pay(world, String(body.reference), 900);
    expect(await standing(world, loan)).toEqual({ state: 'active', principal: 3880 - 380, saved: 520 });
    const { customer_credit = 0n } = await balances(world.app.db);
    expect(customer_credit).toBe(0n);
    expect(await repaymentsOf(world, loan)).toHaveLength(4);
  });

  test('for a loan that is not there is refused in words', async () => {
    const { response } = await prompt('LN-00000000', 500);
    expect([response.status, await response.json()]).toEqual([422, expect.objectContaining({ code: 'unknown_reference' })]);
  });
});

/** Waits for something to be seen in the database, some seconds at most. */
async function until(look: () => Promise<unknown[]>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await look()).length > 0) return;
    await new Promise((later) => setTimeout(later, 20));
  }
  throw new Error('It did not happen.');
}
