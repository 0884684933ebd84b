import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCOUNTS, savingsAccount } from '#books/ledger/accounts.ts';
import { balances } from '#books/ledger/balance.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { newId } from '#ground/db/columns.ts';
import { deposits, match, openTasks, payBill, register } from '../paybill/paybill.ts';
import { type MadeLoan, makeLoan, makeProduct } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import {
  DAY_MS,
  expectLendingToAgree,
  expectTruth,
  payTruly,
  penaltiesOf,
  promised,
  prove,
  repaymentsOf,
  send,
  standing,
} from './repaying.ts';

let world: World;
let key: { authorization: string };
let other: { authorization: string };
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  key = await operator(world, 'repayments:reverse', 'reversals:request');
  other = await operator(world, 'repayments:reverse');
});
afterAll(async () => {
  await expectLendingToAgree(world);
  await expectTruth(world);
  await world.stop();
});

const reverse = (id: string | undefined, headers = key) =>
  send(world, `/api/repayments/${id}/reverse`, { reason: 'For another loan' }, headers);

async function repaid(loan: MadeLoan, amount: number): Promise<string> {
  await payTruly(world, loan.reference, amount);
  return (await repaymentsOf(world, loan)).at(-1)?.id ?? '';
}

/** Money leaves a borrower's savings, past the functions. */
const withdrawSavings = ({ member }: MadeLoan, amountCents: bigint) =>
  world.app.db.transaction((tx) =>
    transfer(tx, {
      ...{ kind: 'payout_paid', sourceId: `test:${newId()}`, bookedAt: world.clock.now() },
      legs: [{ debit: savingsAccount(member.accountId), credit: ACCOUNTS.bank, amountCents }],
    }),
  );

test('a repayment goes back to suspense, its excess out of savings, and waits as a task with all of its money', async () => {
  const loan = await makeLoan(world);
  const before = await balances(world.app.db);
  const id = await repaid(loan, 800);
  const { status, body } = await reverse(id);
  expect([status, body]).toEqual([200, { repaymentId: id, loanReference: loan.reference, depositId: expect.any(String), waiting: 800 }]);
  expect(await standing(world, loan)).toEqual({ state: 'active', principal: 5000, saved: 0 });
  const after = await balances(world.app.db);
  expect(after.suspense).toBe((before.suspense ?? 0n) + 80_000n);
  expect((await deposits(world)).find(({ depositId }) => depositId === body.depositId)).toMatchObject({ waiting: 800 });
  expect(await promised(world, id)).toMatchObject([{ event: 'repayment_booked' }, { event: 'repayment_reversed' }]);
  const [audited] = await world.database.sql(
    "select after ->> 'depositId' as deposit from audit where action = 'repayment_reversed' and subject = $1",
    [id],
  );
  expect(audited).toEqual({ deposit: body.depositId });
});

test('it is matched to the loan it was for, as money of the day when it came, and the task closes', async () => {
  const [wrong, right] = [await makeLoan(world), await makeLoan(world)];
  const id = await repaid(wrong, 500);
  await world.clock.advance(3 * DAY_MS);
  const { body } = await reverse(id);
  const response = await match(world, String(body.depositId), { standingReference: right.reference });
  expect(response.status).toBe(200);
  expect(await standing(world, wrong)).toMatchObject({ principal: 5000 });
  expect(await standing(world, right)).toMatchObject({ principal: 4500 });
  expect((await deposits(world)).map(({ depositId }) => depositId)).not.toContain(body.depositId);
  const [again] = await repaymentsOf(world, right);
  expect((await reverse(again?.id)).status).toBe(200);
  expect((await match(world, String(body.depositId), { standingReference: wrong.reference })).status).toBe(200);
  expect(await standing(world, wrong)).toMatchObject({ principal: 4500 });
});

test('a loan that it closed opens again, is told so, and owes the penalties of the time in between', async () => {
  const product = await makeProduct(world, { instalments: 1, penaltyKind: 'fixed', penaltyCents: 5_000n, penaltyFrequency: 'per_period' });
  const loan = await makeLoan(world, { product });
  const id = await repaid(loan, 5000);
  await prove(world);
  expect(await standing(world, loan)).toMatchObject({ state: 'closed' });
  await world.clock.advance(20 * DAY_MS);
  await reverse(id);
  expect(await standing(world, loan)).toMatchObject({ state: 'active', principal: 5000 });
  expect(await penaltiesOf(world, loan)).toMatchObject([{ amount: 50 }, { amount: 50 }]);
  await repaid(loan, 5100);
  await prove(world);
  expect(await standing(world, loan)).toMatchObject({ state: 'closed', principal: 0 });
  expect(await promised(world, loan.id)).toEqual([
    { event: 'loan_closed', n: expect.any(Number) },
    { event: 'loan_reopened', n: expect.any(Number) },
  ]);
  const [{ n } = { n: 0 }] = await world.database.sql<{ n: number }>(
    "select count(*)::int as n from outbox where message ->> 'event' = 'loan_closed' and message ->> 'subjectId' = $1 and message ->> 'personId' = $2",
    [loan.id, loan.member.personId],
  );
  expect(n).toBe(2);
});

test('what later repayments paid moves up, in the tables and in the ledger', async () => {
  const product = await makeProduct(world, { penaltyKind: 'percent', penaltyBasisPoints: 1_000 });
  const loan = await makeLoan(world, { product, interestCents: 10_000n });
  const first = await repaid(loan, 600);
  await world.clock.advance(15 * DAY_MS);
  await repaid(loan, 600);
  expect(await repaymentsOf(world, loan)).toMatchObject([
    { interest: 100, principal: 500, penalty: 0 },
    { interest: 100, principal: 440, penalty: 60 },
  ]);
  await reverse(first);
  expect(await repaymentsOf(world, loan)).toMatchObject([
    { reversed: true },
    { reversed: false, interest: 200, principal: 280, penalty: 120 },
  ]);
  await expectLendingToAgree(world);
});

describe('it is reversed once', () => {
  test('when ten people press at once', async () => {
    const loan = await makeLoan(world);
    const id = await repaid(loan, 700);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => reverse(id, at % 2 ? key : other)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'repayment_reversed' });
    expect(await standing(world, loan)).toMatchObject({ principal: 5000, saved: 0 });
  });

  test('while money comes in for the same loan', async () => {
    const loan = await makeLoan(world, { product: await makeProduct(world, { excess: 'full' }) });
    const ids = [await repaid(loan, 100), await repaid(loan, 100), await repaid(loan, 100)];
    await Promise.all([...ids.map((id) => reverse(id)), payTruly(world, loan.reference, 400), ...ids.map((id) => reverse(id, other))]);
    expect(await standing(world, loan)).toEqual({ state: 'active', principal: 4600, saved: 0 });
  });
});

test('what the savings do not hold any more cannot be taken back, and nothing changes', async () => {
  const loan = await makeLoan(world);
  const id = await repaid(loan, 900);
  await withdrawSavings(loan, 10_000n);
  const { status, body } = await reverse(id);
  expect([status, body]).toEqual([409, expect.objectContaining({ code: 'money_already_moved', saved: 400, balance: 300 })]);
  expect(await standing(world, loan)).toEqual({ state: 'active', principal: 4500, saved: 300 });
});

test('two loans that saved into one account take no more out of it than it holds, also at once', async () => {
  for (let round = 0; round < 6; round++) {
    const first = await makeLoan(world);
    const second = await makeLoan(world, { member: first.member });
    const ids = [await repaid(first, 900), await repaid(second, 900)];
    await withdrawSavings(first, 40_000n);
    const answers = await Promise.all(ids.map((id) => reverse(id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await standing(world, first)).toMatchObject({ saved: 0 });
  }
});

test('one that is not there is not found', async () => {
  expect((await reverse(newId())).status).toBe(404);
});

describe('returned to who paid', () => {
  const ask = async (body: Record<string, unknown>) => send(world, '/api/refunds', { reason: 'Paid by mistake', ...body }, key);
  const approve = async (payoutId: unknown) => send(world, `/api/payouts/${payoutId}/decision`, {}, await signedIn(world, 'treasurer'));
  const confirmed = (depositId: unknown) => world.database.sql('select prove_money_2($1, now())', [depositId]);

  /** The phone that paid the paybill last: its notice shows the end of it. */
  const lastPayer = () => world.simulator.control.truth().transactions.findLast(({ kind }) => kind === 'c2b')?.phone;

  test('it is refunded in full, on the rail, once, and the books agree with M-PESA', async () => {
    const loan = await makeLoan(world);
    const id = await repaid(loan, 700);
    const { body } = await reverse(id);
    await confirmed(body.depositId);
    const phoneNumber = lastPayer();
    const answers = await Promise.all(Array.from({ length: 3 }, () => ask({ depositId: body.depositId, amount: 300, phoneNumber })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 422]);
    for (const { status, body: asked } of answers) if (status === 201) expect((await approve(asked.payoutId)).status).toBe(200);
    await world.pass(5);
    expect((await ask({ depositId: body.depositId, amount: 101, phoneNumber })).body).toMatchObject({
      code: 'refund_too_large',
      most: 100,
    });
    expect((await deposits(world)).find(({ depositId }) => depositId === body.depositId)).toMatchObject({ waiting: 100 });
    expect((await ask({ depositId: body.depositId, phoneNumber })).status).toBe(201);
    await expectTruth(world);
  });

  test('what a loan still has cannot be refunded, and what is being refunded cannot be matched', async () => {
    const loan = await makeLoan(world);
    const { receipt } = (await payBill(world, { account: loan.reference, amountShillings: 500 })) as { receipt: string };
    const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
    await confirmed(deposit?.id);
    expect((await ask({ depositId: deposit?.id, phoneNumber: lastPayer() })).status).toBe(422);
    await reverse((await repaymentsOf(world, loan))[0]?.id);
    expect((await ask({ depositId: deposit?.id, phoneNumber: lastPayer(), method: 'b2c' })).status).toBe(201);
    expect((await match(world, deposit?.id ?? '', { standingReference: loan.reference })).status).toBe(409);
  });
});

test('only who may reverse does', async () => {
  const loan = await makeLoan(world);
  const id = await repaid(loan, 100);
  expect((await reverse(id, loan.member.headers)).status).toBe(403);
  expect((await reverse(id, await signedIn(world, 'member'))).status).toBe(403);
  expect((await reverse(id, await operator(world, 'payments:read'))).status).toBe(403);
  expect((await reverse(id, await operator(world, 'repayments:reverse'))).status).toBe(200);
  expect(await openTasks(world)).toMatchObject({ unidentified_deposit: expect.any(Number) });
});
