import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { settleLoanPayout } from '#sacco/loans/settle-loan-payout.ts';
import { type Lender, openLender } from './open-lender.ts';

let lender: Lender;

beforeAll(async () => {
  lender = await openLender({ customers: 3 });
});
afterEach(() => lender.expectBooksToBalance());
afterAll(() => lender.world.stop());

const payoutsOf = (loanId: string) =>
  lender.world.database.sql<{ id: string }>("select id from payouts where kind = 'loan' and subject_id = $1 order by id", [loanId]);

/** The OriginatorConversationID of the n-th payout of a loan that was sent, as any copy of the database makes it too. */
function idOf(loanId: string, nth: number): string {
  const hex = createHash('md5').update(`withdrawal:loan:${loanId}:${nth}:1`).digest('hex');
  const marked = `${hex.slice(0, 12)}8${hex.slice(13, 16)}8${hex.slice(17)}`;
  return marked.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

test('is sent under an id made of the loan, a new one only after what was rejected', async () => {
  const { loanId } = await lender.approved(1_000);
  lender.plan({ api: 'b2c', next: 1, outcome: 'not-registered' });
  for (let n = 0; n < 2; n++) {
    await lender.disburse(loanId);
    await lender.world.pass(3);
  }
  const sent = await lender.world.database.sql<{ id: string; state: string }>(
    "select w.id, w.state from withdrawals w join payouts p on p.id = w.payout_id where p.kind = 'loan' and p.subject_id = $1 order by p.id",
    [loanId],
  );
  expect(sent).toEqual([
    { id: idOf(loanId, 0), state: 'rejected' },
    { id: idOf(loanId, 1), state: 'paid' },
  ]);
});

describe('is sent exactly once', () => {
  test.each([
    ['the queue times out and it is paid all the same', { timedOut: true, lateMs: 120_000 }],
    ['the answer to the request is lost', { responseLost: true }],
    ['the request is answered with a 500 but taken', { responseError: true }],
    ['the result is lost', { lost: true }],
    ['the result comes three times', { copies: 3 }],
    ['the result overtakes the answer', { resultFirst: true }],
  ])('when %s, and two treasurers press again and again meanwhile', async (_, plan) => {
    const { loanId, member } = await lender.approved(1_000);
    lender.plan({ api: 'b2c', next: 1, ...plan });
    expect((await lender.disburse(loanId)).status).toBe(200);
    for (let minute = 0; minute < 5; minute++) {
      const again = await Promise.all([lender.disburse(loanId), lender.disburse(loanId, lender.second)]);
      for (const { body } of again) expect(['payout_under_way', 'loan_not_approved']).toContain(body.code);
      await lender.world.pass(1);
    }
    await lender.world.pass(8);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['paid'], lentCents: 100_000n });
    expect(lender.sentTo(member.phone)).toBe(1_000);
  });

  test.each(['server-error', 'drop-after'] as const)('when Safaricom fails with %s twice', async (fault) => {
    const { loanId, member } = await lender.approved(1_000);
    lender.world.simulator.control.fault({ api: 'b2c', fault, times: 2 });
    await lender.disburse(loanId);
    await lender.world.pass(25);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['paid'] });
    expect(lender.sentTo(member.phone)).toBe(1_000);
  });

  test('when twenty presses come at once: one is heard', async () => {
    const { loanId, member } = await lender.approved(1_000);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => lender.disburse(loanId, n % 2 ? lender.treasurer : lender.second)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'payout_under_way')).toHaveLength(19);
    await lender.world.pass(3);
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', payouts: ['paid'] });
    expect(lender.sentTo(member.phone)).toBe(1_000);
  });

  test('when M-PESA rejects it, everybody presses at once, and it is rejected again: only what was proved not to be paid is sent again', async () => {
    const { loanId, member } = await lender.approved(1_000);
    for (const outcome of ['not-registered', 'recipient-full', undefined] as const) {
      if (outcome) lender.plan({ api: 'b2c', next: 1, outcome });
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, n) => lender.disburse(loanId, n % 2 ? lender.treasurer : lender.second)),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      await lender.world.pass(3);
      if (outcome) expect(await lender.standing(loanId)).toMatchObject({ state: 'approved', lentCents: 0n, instalments: 0 });
    }
    expect(await lender.standing(loanId)).toMatchObject({
      state: 'active',
      payouts: ['rejected', 'rejected', 'paid'],
      lentCents: 100_000n,
    });
    expect(lender.sentTo(member.phone)).toBe(1_000);
    const told = await lender.world.database.sql(
      "select count(*)::int as n from outbox where message ->> 'event' = 'loan_payout_failed' and message ->> 'subjectId' = $1 and message ->> 'personId' = $2",
      [loanId, member.personId],
    );
    expect(told).toEqual([{ n: 2 }]); // each failure once
  });
});

describe('begins once', () => {
  test('however often, at once and how late it is told that the money arrived', async () => {
    const { loanId } = await lender.approved(1_000);
    await lender.disburse(loanId);
    await lender.world.pass(3);
    const before = await lender.standing(loanId);
    const [payout] = await payoutsOf(loanId);
    const say = () => settleLoanPayout(lender.world.app, { kind: 'loan_payout_settled', payoutId: payout?.id ?? '' });
    await lender.world.database.sql("update loans set state = 'disbursing' where id = $1", [loanId]);
    await lender.world.database.sql('delete from instalments where loan_id = $1', [loanId]);
    await Promise.all(Array.from({ length: 12 }, say));
    expect(await lender.standing(loanId)).toEqual(before);
    await say();
    expect(await lender.standing(loanId)).toEqual(before);
  });
});
