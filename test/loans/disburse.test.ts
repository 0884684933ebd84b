import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lender, openLender } from './open-lender.ts';

let lender: Lender;

beforeAll(async () => {
  lender = await openLender({ customers: 5 });
});
afterAll(() => lender.world.stop());

test('a loan that is approved is paid out by one press, active when M-PESA says so, and in the books', async () => {
  const { loanId } = await lender.approved(5_000);
  const before = lender.sentCents();
  const pressed = await lender.disburse(loanId);
  expect(pressed).toMatchObject({ status: 200, body: { state: 'disbursing', payout: { amount: 5000, state: 'approved' } } });
  await lender.world.pass(3);
  expect(await lender.standing(loanId)).toMatchObject({
    state: 'active',
    payouts: ['paid'],
    parts: ['paid'],
    instalments: 10,
    cents: '500000',
    lentCents: 500_000n,
    disbursed_on: '2026-11-21',
  });
  expect(lender.sentCents() - before).toBe(500_000n);
  await lender.expectBooksToBalance();
});
