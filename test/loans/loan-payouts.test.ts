import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTasks, register } from '../paybill/paybill.ts';
import { receivablesOf } from '../refunds/receivables.ts';
import { makeMember } from '../world/lending.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance } from '../world/world.ts';
import { type Answer, type Lender, openLender } from './open-lender.ts';

let lender: Lender;

beforeAll(async () => {
  lender = await openLender({ customers: 6 });
});
afterAll(() => lender.world.stop());

const payoutOf = ({ body }: Answer) => body.payout as { payoutId: string; amount: number; state: string };

/** Presses, and has the second person approve where that is needed. */
async function send(loanId: string, by = lender.treasurer, second = lender.second): Promise<number> {
  const payout = payoutOf(await lender.disburse(loanId, by));
  if (payout.state === 'requested') await lender.decidePayout(payout.payoutId, 'approve', second);
  return payout.amount;
}

/** Sends a loan that arrives, while the result says that it did not; returns what Safaricom calls it. */
async function sendUnnoticed(loanId: string): Promise<string> {
  lender.plan({ api: 'b2c', next: 1, lost: true });
  await send(loanId);
  await lender.world.pass(1);
  await lender.world.clock.advance(10_000);
  const conversationId = await lender.tellRejected(loanId);
  await lender.world.pass(1);
  expect(await lender.standing(loanId)).toMatchObject({ state: 'approved', payouts: ['rejected'], lentCents: 0n });
  return conversationId;
}

async function tellTruth(conversationId: string): Promise<void> {
  await lender.world.simulator.control.redeliverResult(conversationId);
  await lender.world.pass(1);
}

describe('money that was said not to have arrived, and did', () => {
  test('makes the loan active all the same', async () => {
    const { loanId, member } = await lender.approved(5_000);
    await tellTruth(await sendUnnoticed(loanId));
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['paid'], instalments: 10, lentCents: 500_000n });
    expect((await lender.disburse(loanId)).body.code).toBe('loan_not_approved');
    expect(lender.sentTo(member.phone)).toBe(5_000);
    await lender.expectBooksToBalance();
  });

  test('calls back the payout that was asked for meanwhile and waits for a second person', async () => {
    const { loanId, member } = await lender.approved(20_000);
    const conversationId = await sendUnnoticed(loanId);
    const again = payoutOf(await lender.disburse(loanId));
    await tellTruth(conversationId);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['paid', 'declined'], lentCents: 2_000_000n });
    expect((await lender.decidePayout(again.payoutId)).body.code).toBe('payout_decided');
    expect(lender.sentTo(member.phone)).toBe(20_000);
    expect(await openTasks(lender.world)).not.toHaveProperty('loan_paid_twice');
    await lender.expectBooksToBalance();
  });

  test('counts also when the borrower had given up', async () => {
    const { loanId, member } = await lender.approved(5_000);
    const conversationId = await sendUnnoticed(loanId);
    expect((await lender.send(`/api/loans/${loanId}/withdraw`, {}, member.headers)).body.state).toBe('withdrawn');
    await tellTruth(conversationId);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', lentCents: 500_000n });
  });

  test('counts also when a treasurer had taken the approval back', async () => {
    const { loanId } = await lender.approved(5_000);
    const conversationId = await sendUnnoticed(loanId);
    expect((await lender.decide(loanId, { decision: 'reject' })).body.state).toBe('rejected');
    await tellTruth(conversationId);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', lentCents: 500_000n });
  });

  test('becomes a task when another payout had been sent: the loan begins once, and the borrower owes the rest until a deposit is matched to it', async () => {
    const { loanId, member } = await lender.approved(5_000);
    const conversationId = await sendUnnoticed(loanId);
    await send(loanId);
    await lender.world.pass(3);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['rejected', 'paid'], lentCents: 500_000n });
    await tellTruth(conversationId);
    expect(await lender.standing(loanId)).toMatchObject({
      state: 'active',
      payouts: ['paid', 'paid'],
      instalments: 10,
      lentCents: 500_000n,
    });
    expect(lender.sentTo(member.phone)).toBe(10_000);
    expect(await openTasks(lender.world)).toMatchObject({ loan_paid_twice: 1 });
    await register(lender.world);
    const debts = receivablesOf(lender.world, lender.treasurer);
    expect(await debts.owed()).toBe(500_000n);
    await tellTruth(conversationId);
    expect(await debts.owed()).toBe(500_000n);
    const too = await debts.match(await debts.comesBack(6_000), { receivable: loanId, amount: 5_001 });
    expect(too.body).toMatchObject({ code: 'amount_mismatch', owed: 5_000 });
    const depositId = await debts.comesBack(5_000);
    expect(await debts.match(depositId, { receivable: loanId })).toMatchObject({ status: 200, body: { left: 0 } });
    expect(await debts.owed()).toBe(0n);
    expect(await openTasks(lender.world)).not.toHaveProperty('loan_paid_twice');
    expect((await debts.unmatch(depositId, { receivable: loanId, reason: 'Another person paid' }, lender.second)).status).toBe(200);
    expect(await debts.owed()).toBe(500_000n);
    expect(await openTasks(lender.world)).toMatchObject({ loan_paid_twice: 1 });
    const { floatCents, truthCents } = await booksBalance(lender.world);
    expect(floatCents).toBe(truthCents);
  });
});

test('of two parts one is rejected: the next press sends that part alone, whoever presses', async () => {
  const { loanId, member } = await lender.approved(300_000);
  lender.world.simulator.control.setBalance(member.phone, 0);
  lender.plan({ api: 'b2c', next: 1, outcome: 'not-registered' });
  expect(await send(loanId)).toBe(300_000);
  await lender.world.pass(3);
  const half = await lender.standing(loanId);
  const arrived = lender.sentTo(member.phone);
  expect(half).toMatchObject({ state: 'disbursing', payouts: ['partly_paid'], instalments: 0, lentCents: BigInt(arrived) * 100n });
  const answers = await Promise.all(Array.from({ length: 6 }, (_, n) => lender.disburse(loanId, n % 2 ? lender.treasurer : lender.second)));
  const heard = answers.filter(({ status }) => status === 200);
  expect(heard.map((answer) => payoutOf(answer).amount)).toEqual([300_000 - arrived]);
  expect(answers.filter(({ body }) => body.code === 'payout_under_way')).toHaveLength(5);
  await lender.decidePayout(payoutOf(heard[0] as Answer).payoutId, 'approve', await signedIn(lender.world, 'treasurer'));
  await lender.world.pass(3);
  expect(await lender.standing(loanId)).toMatchObject({
    state: 'active',
    payouts: ['partly_paid', 'paid'],
    instalments: 10,
    cents: '30000000',
    lentCents: 30_000_000n,
  });
  expect(lender.sentTo(member.phone)).toBe(300_000);
});

describe('a day later', () => {
  test('what M-PESA did not take of 600,000, above a wallet’s daily limit, is sent, and the loan begins on that day', async () => {
    const member = await makeMember(lender.world);
    const { loanId } = await lender.approved(600_000, {}, member);
    lender.world.simulator.control.setBalance(member.phone, 0);
    expect(await send(loanId)).toBe(600_000);
    await lender.world.pass(3);
    const arrived = lender.sentTo(member.phone);
    expect([350_000, 500_000]).toContain(arrived);
    const half = await lender.standing(loanId);
    expect(half).toMatchObject({ state: 'disbursing', payouts: ['partly_paid'], instalments: 0, lentCents: BigInt(arrived) * 100n });
    expect(half.parts?.filter((state) => state === 'rejected')).toHaveLength(1);
    const told =
      "select 1 from outbox where message ->> 'event' = 'loan_payout_failed' and message ->> 'subjectId' = $1 and message ->> 'personId' = $2";
    expect(await lender.world.database.sql(told, [loanId, member.personId])).toHaveLength(1);

    const { clock } = lender.world;
    await clock.advance(Date.parse('2026-11-22T06:00:00Z') - clock.now().getTime());
    const [treasurer, second] = [await signedIn(lender.world, 'treasurer'), await signedIn(lender.world, 'treasurer')];
    lender.world.simulator.control.setBalance(member.phone, 0);
    expect(await send(loanId, treasurer, second)).toBe(600_000 - arrived);
    await lender.world.pass(3);
    expect(await lender.standing(loanId)).toMatchObject({
      ...{
        state: 'active',
        payouts: ['partly_paid', 'paid'],
        instalments: 10,
        cents: '60000000',
        lentCents: 60_000_000n,
        disbursed_on: '2026-11-22',
      },
    });
    expect(lender.sentTo(member.phone)).toBe(600_000);
  });

  test('and told days later, the loan begins on the day in Nairobi on which its money arrived', async () => {
    const { clock, database } = lender.world;
    const delay = "update outbox set due_at = '2026-11-29T00:00:00Z' where message ->> 'kind' = 'loan_payout_settled' and sent_at is null";
    await clock.advance(Date.parse('2026-11-25T21:30:00Z') - clock.now().getTime()); // half past midnight in Nairobi
    const by = await signedIn(lender.world, 'treasurer');
    const member = await makeMember(lender.world);
    const { body } = await lender.apply(member, 1_000);
    await lender.decide(body.loanId, { decision: 'approve' }, by);
    await send(String(body.loanId), by);
    await lender.world.pass(1);
    await clock.advance(20_000);
    await lender.world.settled();
    await database.sql(delay);
    await lender.world.pass(2);
    expect(await lender.standing(String(body.loanId))).toMatchObject({ state: 'disbursing', payouts: ['paid'] });
    await clock.advance(Date.parse('2026-11-29T09:00:00Z') - clock.now().getTime());
    await lender.world.pass(1);
    expect(await lender.standing(String(body.loanId))).toMatchObject({ state: 'active', disbursed_on: '2026-11-26' });
    const [first] = await database.sql('select due_on::text from instalments where loan_id = $1 and number = 1', [body.loanId]);
    expect(first).toEqual({ due_on: '2026-12-03' });
  });
});
