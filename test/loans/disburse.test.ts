import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disburseLoan } from '#sacco/loans/disburse-loan.ts';
import { movedBy } from '../bookings/marketplace.ts';
import { makeMember } from '../world/lending.ts';
import { type Lender, openLender } from './open-lender.ts';

let lender: Lender;

beforeAll(async () => {
  lender = await openLender({ customers: 3 });
  await lender.offer({ code: 'fee-off', fee: { amount: 50, percent: 1, charged: 'deducted' } });
  await lender.offer({ code: 'fee-on', fee: { percent: 2, charged: 'instalments' }, interestPercent: 1 });
});
afterAll(() => lender.world.stop());

const notices = async (loanId: string) => {
  const rows = await lender.world.database.sql<{ event: string; n: number }>(
    "select message ->> 'event' as event, count(*)::int as n from outbox where message ->> 'subjectId' = $1 group by 1 order by min(due_at), 1",
    [loanId],
  );
  return rows.map(({ event }) => event);
};

test('an approved loan is paid out by one press, active when M-PESA says so, and in the books', async () => {
  const { loanId } = await lender.approved(5_000);
  const before = lender.sentCents();
  const pressed = await lender.disburse(loanId);
  expect(pressed).toMatchObject({ status: 200, body: { state: 'disbursing', payout: { amount: 5000, state: 'approved' } } });
  expect(await lender.standing(loanId)).toMatchObject({ state: 'disbursing', instalments: 0 });
  await lender.world.pass(3);
  expect(await lender.standing(loanId)).toMatchObject({
    ...{
      state: 'active',
      payouts: ['paid'],
      parts: ['paid'],
      instalments: 10,
      cents: '500000',
      lentCents: 500_000n,
      disbursed_on: '2026-11-21',
    },
  });
  expect(lender.sentCents() - before).toBe(500_000n);
  expect(await notices(loanId)).toEqual(['loan_approved', 'loan_submitted', 'loan_disbursed']);
  await lender.expectBooksToBalance();
});

test('a fee that is deducted does not arrive, is owed with the principal, and is earned when the loan begins', async () => {
  const { loanId } = await lender.approved(5_000, { productCode: 'fee-off' });
  const changes = await movedBy(lender.world, async () => {
    expect((await lender.disburse(loanId)).body.payout).toMatchObject({ amount: 4900 });
    await lender.world.pass(3);
  });
  expect(changes).toEqual({ loans: 500_000n, loan_fees: 10_000n, paybill_float: -490_000n });
  expect(await lender.standing(loanId)).toMatchObject({ state: 'active', cents: '500000', lentCents: 500_000n });
  await lender.expectBooksToBalance();
});

test('a fee of the instalments and the interest are earned when they are paid, not before', async () => {
  const { loanId } = await lender.approved(5_000, { productCode: 'fee-on' });
  const changes = await movedBy(lender.world, async () => {
    await lender.disburse(loanId);
    await lender.world.pass(3);
  });
  expect(changes).toEqual({ loans: 500_000n, paybill_float: -500_000n });
  const { body } = await lender.get(`/api/loans/${loanId}`);
  expect(body).toMatchObject({ arrives: 5000, fee: 100, totalToPay: 5600, outstanding: 5600, due: 0, next: { number: 1, amount: 560 } });
});

describe('is refused in words', () => {
  test('before it is approved, after it was rejected, and when there is no such loan', async () => {
    const { body } = await lender.apply(await makeMember(lender.world), 1_000);
    expect(await lender.disburse(body.loanId)).toMatchObject({
      status: 409,
      body: { code: 'loan_not_approved', detail: expect.stringContaining('submitted') },
    });
    await lender.decide(body.loanId, { decision: 'reject' });
    expect((await lender.disburse(body.loanId)).body).toMatchObject({
      code: 'loan_not_approved',
      detail: expect.stringContaining('rejected'),
    });
    expect((await lender.disburse(crypto.randomUUID())).body.code).toBe('loan_not_found');
  });

  test('to whoever is not allowed to, and to the borrower themselves', async () => {
    const member = await makeMember(lender.world, { role: 'treasurer' });
    const { loanId } = await lender.approved(1_000, {}, member);
    expect((await lender.disburse(loanId, member.headers)).body.code).toBe('own_loan');
    expect(await lender.standing(loanId)).toMatchObject({ state: 'approved', payouts: [] });
    expect((await lender.disburse(loanId, (await makeMember(lender.world)).headers)).status).toBe(403);
    expect((await lender.disburse(loanId)).status).toBe(200);
  });

  test('to a phone that nobody has proved, and to a person who was disabled', async () => {
    const { loanId, member } = await lender.approved(1_000);
    for (const change of ['phone_verified_at = null', 'phone_verified_at = now(), disabled_at = now()']) {
      await lender.world.database.sql(`update people set ${change} where id = $1`, [member.personId]);
      expect((await lender.disburse(loanId)).body.code).toBe('no_phone');
    }
    expect(await lender.standing(loanId)).toMatchObject({ state: 'approved', payouts: [] });
  });

  test('where nothing is configured to pay out with', async () => {
    const { loanId } = await lender.approved(1_000);
    const { app } = lender.world;
    const call = { requestId: 'x', address: '', caller: { id: 'person:x', scopes: ['loans:disburse'] } };
    const without = { ...app, config: { ...app.config, initiator: undefined } };
    await expect(disburseLoan(without, { id: loanId }, call)).rejects.toMatchObject({ code: 'payouts_not_configured' });
  });
});

describe('above the limit', () => {
  test('a second person approves, who is not the first one', async () => {
    const { loanId } = await lender.approved(20_000);
    const { body } = await lender.disburse(loanId);
    const { payoutId } = body.payout as { payoutId: string };
    expect(body.payout).toMatchObject({ amount: 20_000, state: 'requested' });
    for (const headers of [lender.treasurer, lender.second])
      expect((await lender.disburse(loanId, headers)).body).toMatchObject({ code: 'payout_under_way', payoutId });
    expect((await lender.decidePayout(payoutId, 'approve', lender.treasurer)).body.code).toBe('second_person_needed');
    await lender.world.pass(2);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'disbursing', payouts: ['requested'], parts: [] });
    expect((await lender.decidePayout(payoutId)).status).toBe(200);
    await lender.world.pass(3);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['paid'], lentCents: 2_000_000n });
  });

  test('nobody approves the payout of their own loan, also as the second person', async () => {
    const member = await makeMember(lender.world, { role: 'treasurer' });
    const { loanId } = await lender.approved(20_000, {}, member);
    const { body } = await lender.disburse(loanId);
    const { payoutId } = body.payout as { payoutId: string };
    for (const decision of ['approve', 'decline'] as const)
      expect(await lender.decidePayout(payoutId, decision, member.headers)).toMatchObject({ status: 403, body: { code: 'own_loan' } });
    expect((await lender.decidePayout(payoutId)).status).toBe(200);
    await lender.world.pass(3);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active' });
  });

  test('one that the second person declines is approved again, and can be sent by another press', async () => {
    const { loanId } = await lender.approved(20_000);
    const first = await lender.disburse(loanId);
    await lender.decidePayout((first.body.payout as { payoutId: string }).payoutId, 'decline');
    await lender.world.pass(1);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'approved', payouts: ['declined'], lentCents: 0n });
    const again = await lender.disburse(loanId, lender.second);
    await lender.decidePayout((again.body.payout as { payoutId: string }).payoutId, 'approve', lender.treasurer);
    await lender.world.pass(3);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['declined', 'paid'], lentCents: 2_000_000n });
    await lender.expectBooksToBalance();
  });
});

test('where the float does not suffice nothing moves, and after a top-up the next press sends it, whoever presses', async () => {
  const [all] = await lender.world.database.sql<{ shillings: number }>(
    "select (sum(case when debit_account like 'paybill\\_float%' then amount_cents when credit_account like 'paybill\\_float%' then -amount_cents else 0 end) / 100)::int as shillings from transfers",
  );
  const keep = 5_000;
  const drain = await lender.send('/api/payouts', {
    amount: (all?.shillings ?? 0) - keep,
    reason: 'To the bank',
    phoneNumber: '0733000111',
  });
  lender.world.simulator.control.setBalance('254733000111', 0);
  expect((await lender.decidePayout(drain.body.payoutId)).status).toBe(200);
  const { loanId } = await lender.approved(9_000);
  expect(await lender.disburse(loanId)).toMatchObject({
    status: 422,
    body: { code: 'insufficient_float', detail: expect.stringContaining('KES 5,000') },
  });
  await lender.world.pass(1);
  expect(await lender.standing(loanId)).toMatchObject({ state: 'disbursing', payouts: ['requested'], parts: [] });
  await lender.fill(1);
  expect(await lender.disburse(loanId, lender.second)).toMatchObject({
    status: 200,
    body: { payout: { amount: 9000, state: 'approved' } },
  });
  await lender.world.pass(3);
  expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['paid'], lentCents: 900_000n });
});

test('pressing costs one transaction and one batch beside the session; a press that comes too late the transaction alone', async () => {
  const { loanId } = await lender.approved(2_000);
  await lender.world.database.resetRoundTrips();
  await lender.disburse(loanId);
  expect(await lender.world.database.traffic()).toMatchObject({ http: 2, ws: 8 });
  await lender.world.database.resetRoundTrips();
  expect((await lender.disburse(loanId)).body.code).toBe('payout_under_way');
  expect(await lender.world.database.traffic()).toMatchObject({ http: 1, ws: 4 });
});
