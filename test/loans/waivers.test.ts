import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newId } from '#ground/db/columns.ts';
import { type MadeLoan, makeLoan, makeMember, makeProduct, type ProductRow } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { sessionOf, signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { DAY_MS, expectLendingToAgree, pay, penaltiesOf, promised, repaymentsOf, send, standing } from './repaying.ts';

type Headers = { authorization: string };

let world: World;
let asker: Headers;
let decider: Headers;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await expectLendingToAgree(world);
  await world.stop();
});

/** A loan whose first instalment of 500 is a day late: a penalty of 50 stands on it. Two treasurers have signed in that day. */
async function lateLoan(changes: Partial<ProductRow> = {}): Promise<MadeLoan> {
  const product = await makeProduct(world, { penaltyKind: 'percent', penaltyBasisPoints: 1_000, ...changes });
  const loan = await makeLoan(world, { product });
  await world.clock.advance(8 * DAY_MS);
  [asker, decider] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  return loan;
}

const ask = ({ id }: MadeLoan, body: Record<string, unknown> = {}, headers = asker) =>
  send(world, `/api/loans/${id}/waivers`, { instalment: 1, reason: 'In hospital', ...body }, headers);
const decide = (waiverId: unknown, decision = 'approve', headers = decider) =>
  send(world, `/api/waivers/${waiverId}/decision`, { decision }, headers);
const waiting = async (state = 'requested') => {
  const response = await world.send('GET', `/api/waivers?state=${state}`, { headers: await operator(world, 'loans:read') });
  return ((await response.json()) as { waivers: Record<string, unknown>[] }).waivers;
};

test('a penalty is waived when a second person approves: nothing moves in the ledger, and the member and the treasurers are notified', async () => {
  const loan = await lateLoan();
  const before = await balances(world.app.db);
  const { status, body } = await ask(loan);
  expect([status, body]).toEqual([
    201,
    expect.objectContaining({ amount: 50, instalment: 1, period: 1, state: 'requested', reference: loan.reference }),
  ]);
  expect(await penaltiesOf(world, loan)).toEqual([]); // the night has not written it, and asking changes nothing
  expect((await waiting())[0]).toMatchObject({ waiverId: body.waiverId, reference: loan.reference, amount: 50, reason: 'In hospital' });

  expect(await decide(body.waiverId)).toEqual({ status: 200, body: { waiverId: body.waiverId, state: 'approved', amount: 50 } });
  expect(await penaltiesOf(world, loan)).toMatchObject([{ amount: 50, paid: 0, waived: 50 }]);
  expect(await balances(world.app.db)).toEqual(before);
  expect(await promised(world, String(body.waiverId))).toEqual([
    { event: 'penalty_waived', n: 3 },
    { event: 'waiver_requested', n: expect.any(Number) },
  ]);
  expect((await waiting('approved'))[0]).toMatchObject({ waiverId: body.waiverId, penalty: 50 });
  const audited = await world.database.sql('select action, actor from audit where subject = $1 order by happened_at, action', [
    body.waiverId,
  ]);
  expect(audited.map(({ action }) => action)).toEqual(['waiver_approved', 'waiver_requested']);
  await pay(world, loan.reference, 500);
  expect((await repaymentsOf(world, loan))[0]).toMatchObject({ penalty: 0, principal: 500 });
});

test('a part is waived, and the rest is owed', async () => {
  const loan = await lateLoan();
  await decide((await ask(loan, { amount: 20.5 })).body.waiverId);
  await pay(world, loan.reference, 600);
  expect((await repaymentsOf(world, loan))[0]).toMatchObject({ penalty: 29.5, principal: 500, excess: 70.5 });
});

test('it is asked for once, however often a lost answer is asked for again with its Idempotency-Key', async () => {
  const loan = await lateLoan();
  const headers = { ...asker, 'idempotency-key': 'hospital' };
  const again = (amount: number) =>
    world.send('POST', `/api/loans/${loan.id}/waivers`, { body: { instalment: 1, amount, reason: 'In hospital' }, headers });
  const answers = await Promise.all(Array.from({ length: 8 }, () => again(20)));
  const texts = await Promise.all(answers.map((answer) => answer.text()));
  expect([new Set(texts).size, answers[0]?.status]).toEqual([1, 201]);
  expect((await again(30)).status).toBe(422);
  expect((await waiting()).filter(({ loanId }) => loanId === loan.id)).toHaveLength(1);
});

describe('the second person', () => {
  test('is not who asked, whoever they are', async () => {
    const loan = await lateLoan();
    const { body } = await ask(loan);
    for (const decision of ['approve', 'decline'])
      expect(await decide(body.waiverId, decision, asker)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
    expect((await waiting()).map(({ waiverId }) => waiverId)).toContain(body.waiverId);
  });

  test('is not the borrower, though they are a treasurer', async () => {
    const member = await makeMember(world, { role: 'treasurer' });
    const loan = await makeLoan(world, { member, product: await makeProduct(world, { penaltyKind: 'fixed', penaltyCents: 5_000n }) });
    await world.clock.advance(8 * DAY_MS);
    [asker] = [await signedIn(world, 'treasurer')];
    const { body } = await ask(loan);
    expect(await decide(body.waiverId, 'approve', await sessionOf(world, member.phone))).toMatchObject({
      status: 403,
      body: { code: 'own_loan' },
    });
    expect((await penaltiesOf(world, loan)).every(({ waived }) => waived === 0)).toBe(true);
  });

  test('is a person: no key decides, and no member', async () => {
    const loan = await lateLoan();
    const { body } = await ask(loan);
    expect((await decide(body.waiverId, 'approve', await operator(world, 'loans:read', 'repayments:reverse'))).status).toBe(403);
    expect((await decide(body.waiverId, 'approve', await signedIn(world, 'member'))).status).toBe(403);
  });

  test('decides once, however many press at once', async () => {
    const loan = await lateLoan();
    const { body } = await ask(loan);
    const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => decide(body.waiverId, at % 2 ? 'approve' : 'decline')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body: { code } }) => code === 'waiver_decided')).toHaveLength(7);
  });

  test('who declines leaves everything as it was', async () => {
    const loan = await lateLoan();
    const { body } = await ask(loan);
    expect(await decide(body.waiverId, 'decline')).toMatchObject({ status: 200, body: { state: 'declined' } });
    await pay(world, loan.reference, 600);
    expect((await repaymentsOf(world, loan))[0]).toMatchObject({ penalty: 50 });
  });
});

describe('no more is waived than is unpaid', () => {
  test('when it is asked for', async () => {
    const loan = await lateLoan();
    expect(await ask(loan, { amount: 50.01 })).toMatchObject({ status: 422, body: { code: 'waiver_too_large', most: 50 } });
    expect(await ask(loan, { instalment: 2 })).toMatchObject({ status: 404, body: { code: 'penalty_not_found' } });
    expect(await ask({ ...loan, id: newId() })).toMatchObject({ status: 404, body: { code: 'loan_not_found' } });
    expect((await ask(loan, { amount: 0.001 })).status).toBe(400);
    await pay(world, loan.reference, 30);
    expect((await ask(loan)).body).toMatchObject({ amount: 20 });
  });

  test('when it is decided, after somebody has paid or waived a part', async () => {
    const loan = await lateLoan();
    const [first, second] = [(await ask(loan)).body, (await ask(loan, { amount: 20 })).body];
    await pay(world, loan.reference, 10);
    expect(await decide(first.waiverId)).toMatchObject({ status: 422, body: { code: 'waiver_too_large', most: 40 } });
    expect((await decide(second.waiverId)).status).toBe(200);
    expect(await penaltiesOf(world, loan)).toMatchObject([{ amount: 50, paid: 10, waived: 20 }]);
  });

  test('when two for the whole of it are approved at once', async () => {
    const loan = await lateLoan();
    const [first, second] = [(await ask(loan)).body, (await ask(loan)).body];
    const answers = await Promise.all([decide(first.waiverId), decide(second.waiverId)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
    expect(await penaltiesOf(world, loan)).toMatchObject([{ amount: 50, waived: 50 }]);
  });
});

test('the last thing that is owed may be a penalty: waiving it closes the loan', async () => {
  const loan = await lateLoan({ instalments: 1, allocationOrder: ['principal', 'interest', 'fee', 'penalty'] });
  await pay(world, loan.reference, 5000);
  expect(await standing(world, loan)).toMatchObject({ state: 'active', principal: 0 });
  expect((await decide((await ask(loan)).body.waiverId)).status).toBe(200);
  expect(await standing(world, loan)).toMatchObject({ state: 'closed', principal: 0 });
});
