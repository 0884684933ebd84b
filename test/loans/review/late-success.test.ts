import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTasks } from '../../paybill/paybill.ts';
import { type Lender, openLender } from '../open-lender.ts';

let lender: Lender;
beforeAll(async () => {
  lender = await openLender({ customers: 3 });
});
afterAll(() => lender.world.stop());

const payoutIdOf = ({ body }: { body: Record<string, unknown> }) => (body.payout as { payoutId: string }).payoutId;

/** A loan above the limit whose money arrives while the result says that it did not; what Safaricom calls it, and the payout that was asked for since. */
async function askedAgain(amount: number) {
  const made = await lender.approved(amount);
  lender.plan({ api: 'b2c', next: 1, lost: true });
  await lender.decidePayout(payoutIdOf(await lender.disburse(made.loanId)));
  await lender.world.pass(1);
  await lender.world.clock.advance(10_000);
  const conversationId = await lender.tellRejected(made.loanId);
  await lender.world.pass(1);
  const payoutId = payoutIdOf(await lender.disburse(made.loanId));
  return { ...made, conversationId, payoutId };
}

describe('a loan whose money has arrived after all is not sent again', () => {
  test('when the second person approves before the loan has heard of it', async () => {
    const { loanId, member, conversationId, payoutId } = await askedAgain(20_000);
    await lender.world.simulator.control.redeliverResult(conversationId);
    await lender.world.settled();
    expect(await lender.standing(loanId)).toMatchObject({ state: 'disbursing', payouts: ['paid', 'requested'] });
    expect((await lender.decidePayout(payoutId)).body).toMatchObject({ code: 'payout_under_way' });
    await lender.world.pass(2);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['paid', 'declined'], lentCents: 2_000_000n });
    expect(lender.sentTo(member.phone)).toBe(20_000);
    expect(await openTasks(lender.world)).not.toHaveProperty('loan_paid_twice');
    await lender.expectBooksToBalance();
  });

  test('and the payout that is too much can be declined', async () => {
    const { loanId, conversationId, payoutId } = await askedAgain(20_000);
    await lender.world.simulator.control.redeliverResult(conversationId);
    await lender.world.settled();
    expect((await lender.decidePayout(payoutId, 'decline')).status).toBe(200);
    await lender.world.pass(2);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['paid', 'declined'] });
  });

  test('when it was approved and payouts were stopped meanwhile', async () => {
    const { loanId, member, conversationId, payoutId } = await askedAgain(20_000);
    await lender.world.database.sql("insert into stops (name, reason, stopped_at) values ('payouts', 'wrong_credentials', now())");
    expect((await lender.decidePayout(payoutId)).status).toBe(200);
    await lender.world.simulator.control.redeliverResult(conversationId);
    await lender.world.pass(2);
    await lender.world.database.sql("delete from stops where name = 'payouts'");
    await lender.world.pass(10);
    expect(lender.sentTo(member.phone)).toBe(20_000);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['paid', 'rejected'], lentCents: 2_000_000n });
    await lender.expectBooksToBalance();
  });
});
