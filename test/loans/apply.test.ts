import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { savingsAccount } from '#books/ledger/accounts.ts';
import { balanceOf } from '#books/ledger/balance.ts';
import { payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { makeMember } from '../world/lending.ts';
import { sessionOf, signedIn } from '../world/person.ts';
import { type Lender, openLender } from './open-lender.ts';

let lender: Lender;

beforeAll(async () => {
  lender = await openLender({ customers: 0 });
  await register(lender.world);
});
afterAll(() => lender.world.stop());

const loanRow = async (loanId: unknown) => {
  const [row] = await lender.world.database.sql<{ state: string; principal_cents: string; fee_cents: string; decided_by: string | null }>(
    'select state, principal_cents, fee_cents, decided_by from loans where id = $1',
    [loanId],
  );
  return row;
};
const auditOf = (loanId: unknown) =>
  lender.world.database.sql<{ action: string; actor: string }>(
    'select action, actor from audit where subject = $1 order by happened_at, id',
    [loanId],
  );

describe('who applies', () => {
  test('is told what it costs, what arrives and when how much is to be paid; they and the treasurers are told', async () => {
    await lender.offer({ code: 'costly', interestPercent: 1, fee: { amount: 50, percent: 1, charged: 'deducted' } });
    const [member, treasurer] = [await makeMember(lender.world), await makeMember(lender.world, { role: 'treasurer' })];
    const { status, body } = await lender.apply(member, 5_000, { productCode: 'costly', reason: 'School fees' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      state: 'submitted',
      amount: 5000,
      fee: 100,
      arrives: 4900,
      totalToPay: 5500,
      reference: expect.stringMatching(/^LN-/),
    });
    expect(body.schedule).toHaveLength(10);
    const [first] = body.schedule as unknown[];
    expect(first).toEqual({ number: 1, dueOn: '2026-11-28', principal: 500, interest: 50, fee: 0, amount: 550 });
    expect(await auditOf(body.loanId)).toEqual([{ action: 'loan_submitted', actor: `person:${member.personId}` }]);
    const told = await lender.world.database.sql<{ person: string }>(
      "select message ->> 'personId' as person from outbox where message ->> 'event' = 'loan_submitted' and message ->> 'subjectId' = $1",
      [body.loanId],
    );
    expect(told.map(({ person }) => person)).toEqual(expect.arrayContaining([member.personId, treasurer.personId]));
    const [stored] = await lender.world.database.sql<{ reason: string }>('select reason from loans where id = $1', [body.loanId]);
    expect(stored?.reason).not.toContain('School');
  });

  test('has to be a member', async () => {
    for (const role of ['member', 'treasurer', 'admin'] as const) {
      const headers = await signedIn(lender.world, role); // a person of ours, who never joined
      const { status, body } = await lender.send('/api/loans', { productCode: 'weekly', amount: 1_000 }, headers);
      expect([status, body.code]).toEqual([403, 'not_a_member']);
    }
    const { status } = await lender.world.send('POST', '/api/loans', { body: { productCode: 'weekly', amount: 1_000 } });
    expect(status).toBe(401);
    const customer = await sessionOf(lender.world, newPhone());
    const { body } = await lender.send('/api/loans', { productCode: 'weekly', amount: 1_000 }, customer);
    expect(body).toMatchObject({ status: 403, detail: 'This is for members, and you are not one yet: POST /api/members makes you one.' });
  });

  test('chooses a loan that is offered, and an amount within its limits', async () => {
    const member = await makeMember(lender.world);
    for (const amount of [499, 1_000_001]) {
      const { status, body } = await lender.apply(member, amount);
      expect([status, body.code, body.min, body.max]).toEqual([422, 'loan_out_of_range', 500, 1_000_000]);
    }
    expect((await lender.apply(member, 1_000, { productCode: 'unknown' })).body.code).toBe('product_not_found');
    expect((await lender.apply(member, 1_000.5)).status).toBe(400);
    await lender.offer({ code: 'gone' });
    await lender.send('/api/loan-products', { retire: ['gone'] }, lender.treasurer, 'PUT');
    expect((await lender.apply(member, 1_000, { productCode: 'gone' })).body.code).toBe('product_not_found');
    for (const amount of [500, 1_000_000]) expect((await lender.apply(member, amount)).status).toBe(201);
  });

  test('keeps the terms they applied for, whatever is offered later', async () => {
    const member = await makeMember(lender.world);
    await lender.offer({ code: 'moving', fee: { amount: 100, charged: 'deducted' } });
    const { body } = await lender.apply(member, 2_000, { productCode: 'moving' });
    await lender.offer({ code: 'moving', fee: { amount: 900, charged: 'deducted' }, min: 1_500, interestPercent: 5 });
    const approved = await lender.decide(body.loanId, { decision: 'approve', amount: 1_000 });
    expect(approved.body).toMatchObject({ amount: 1000, fee: 100, arrives: 900, totalToPay: 1000 });
    const shown = await lender.get(`/api/loans/${body.loanId}`, member.headers);
    expect(shown.body.terms).toMatchObject({
      fee: 'The fee is KES 100, deducted from the money that is sent to you.',
      interest: 'No interest.',
    });
  });

  test('has three applications open at most, also when they send twelve at once; a decision makes room', async () => {
    const member = await makeMember(lender.world);
    const answers = await Promise.all(Array.from({ length: 12 }, () => lender.apply(member, 1_000)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(answers.filter(({ body }) => body.code === 'too_many_applications')).toHaveLength(9);
    const first = answers.find(({ status }) => status === 201);
    await lender.decide(first?.body.loanId, { decision: 'reject' });
    expect((await lender.apply(member, 1_000)).status).toBe(201);
    expect((await lender.apply(await makeMember(lender.world), 1_000)).status).toBe(201);
  });

  test('and asks again after a lost answer, has applied once and reads the same bytes; another body with the key is refused', async () => {
    const member = await makeMember(lender.world);
    const headers = { ...member.headers, 'idempotency-key': 'my-first-loan' };
    const ask = (amount: number) => lender.world.send('POST', '/api/loans', { body: { productCode: 'weekly', amount }, headers });
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(1_000)));
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect([new Set(texts).size, new Set(answers.map(({ status }) => status))]).toEqual([1, new Set([201])]);
    expect((await ask(2_000)).status).toBe(422);
    expect(await lender.world.database.sql('select count(*)::int as n from loans where member_id = $1', [member.id])).toEqual([{ n: 1 }]);
  });

  test('can pay to the reference from the beginning: money that comes before the loan is saved for them, not lost', async () => {
    const member = await makeMember(lender.world);
    const { body } = await lender.apply(member, 1_000);
    await payBill(lender.world, { account: String(body.reference).toLowerCase().replace('-', ' '), amountShillings: 300 });
    expect(await balanceOf(lender.world.app.db, savingsAccount(member.accountId))).toBe(30_000n);
    expect(await loanRow(body.loanId)).toMatchObject({ state: 'submitted' });
    await lender.expectBooksToBalance();
  });
});

describe('an application is decided', () => {
  test('once, by twenty who decide at once', async () => {
    const { body } = await lender.apply(await makeMember(lender.world), 1_000);
    const wishes = [{ decision: 'approve' }, { decision: 'approve', amount: 800 }, { decision: 'approve', amount: 700 }];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => lender.decide(body.loanId, wishes[n % 3], n % 2 ? lender.treasurer : lender.second)),
    );
    const heard = answers.filter(({ status }) => status === 200);
    expect(heard).toHaveLength(1);
    expect(answers.filter((answer) => answer.body.code === 'loan_decided')).toHaveLength(19);
    expect((await loanRow(body.loanId))?.state).toBe(heard[0]?.body.state);
    expect(await auditOf(body.loanId)).toHaveLength(2);
  });

  test('for less, never for more, nor for less than the product lends', async () => {
    const { body } = await lender.apply(await makeMember(lender.world), 1_000);
    for (const amount of [1_001, 499])
      expect((await lender.decide(body.loanId, { decision: 'approve', amount })).body.code).toBe('loan_out_of_range');
    expect((await lender.decide(body.loanId, { decision: 'approve', amount: 800 })).body).toMatchObject({ amount: 800, arrives: 800 });
    expect(await loanRow(body.loanId)).toMatchObject({ state: 'approved', principal_cents: '80000' });
  });

  test('against, also after it was approved, until its money is on its way', async () => {
    const { body } = await lender.apply(await makeMember(lender.world), 1_000);
    await lender.decide(body.loanId);
    const taken = await Promise.all(Array.from({ length: 8 }, () => lender.decide(body.loanId, { decision: 'reject' })));
    expect(taken.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await lender.disburse(body.loanId)).body.code).toBe('loan_not_approved');
    const other = await lender.apply(await makeMember(lender.world), 1_000);
    await lender.decide(other.body.loanId);
    await lender.disburse(other.body.loanId);
    expect((await lender.decide(other.body.loanId, { decision: 'reject' })).body.code).toBe('loan_decided');
  });

  test('with a note that the borrower reads; never by themselves', async () => {
    const member = await makeMember(lender.world, { role: 'treasurer' });
    const { body } = await lender.apply(member, 1_000);
    expect(await lender.decide(body.loanId, { decision: 'approve' }, member.headers)).toMatchObject({
      status: 403,
      body: { code: 'own_loan' },
    });
    const note = 'Come back when the other loan is paid.';
    expect((await lender.decide(body.loanId, { decision: 'reject', note })).body).toEqual({
      ...{ loanId: body.loanId, reference: body.reference, state: 'rejected' },
    });
    expect((await lender.get(`/api/loans/${body.loanId}`, member.headers)).body).toMatchObject({ state: 'rejected', decisionNote: note });
  });
});

describe('an application is withdrawn', () => {
  test('by its borrower alone, before its money is on its way', async () => {
    const [member, other] = [await makeMember(lender.world), await makeMember(lender.world)];
    for (const approve of [false, true]) {
      const { body } = await lender.apply(member, 1_000);
      if (approve) await lender.decide(body.loanId);
      const path = `/api/loans/${body.loanId}/withdraw`;
      for (const headers of [other.headers, lender.treasurer])
        expect(await lender.send(path, {}, headers)).toMatchObject({ status: 404, body: { code: 'loan_not_found' } });
      expect((await lender.send(path, {}, member.headers)).body.state).toBe('withdrawn');
      expect((await lender.send(path, {}, member.headers)).body.code).toBe('loan_decided');
      expect((await lender.decide(body.loanId)).body.code).toBe('loan_decided');
      expect((await lender.disburse(body.loanId)).body.code).toBe('loan_not_approved');
    }
  });

  test('or paid out, never both, when borrower and treasurer press at once', async () => {
    await lender.fill(1);
    for (let n = 0; n < 5; n++) {
      const { loanId, member } = await lender.approved(600);
      const [withdrawn, pressed] = await Promise.all([
        lender.send(`/api/loans/${loanId}/withdraw`, {}, member.headers),
        lender.disburse(loanId),
      ]);
      expect([withdrawn.status, pressed.status].sort()).toEqual([200, 409]);
      await lender.world.pass(3);
      expect(lender.sentTo(member.phone)).toBe(pressed.status === 200 ? 600 : 0);
      expect(await lender.standing(loanId)).toMatchObject({ state: pressed.status === 200 ? 'active' : 'withdrawn' });
    }
  });
});

test('nobody floods the treasurers with applications that they take back: five a day, and again the next day', async () => {
  const member = await makeMember(lender.world);
  const applyAndWithdraw = async () => {
    const { status, body } = await lender.apply(member, 1_000);
    if (status === 201) await lender.send(`/api/loans/${body.loanId}/withdraw`, {}, member.headers);
    return body.code ?? status;
  };
  const seen: unknown[] = [];
  for (let n = 0; n < 7; n++) seen.push(await applyAndWithdraw());
  expect(seen).toEqual([...Array(5).fill(201), 'too_many_applications', 'too_many_applications']);
  await lender.world.clock.advance(24 * 3_600_000);
  const signedInAgain = { ...member, headers: await sessionOf(lender.world, member.phone) };
  expect((await lender.apply(signedInAgain, 1_000)).status).toBe(201);
});
