import { afterAll, beforeAll, expect, test } from 'vitest';
import { push } from '../world/checkout.ts';
import { type MadeLoan, makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { DAY_MS, expectLendingToAgree, pay, repaymentsOf, send, standing } from './repaying.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await expectLendingToAgree(world);
  await world.stop();
});

const settle = ({ id }: MadeLoan, headers: Record<string, string>) => send(world, `/api/loans/${id}/settlement`, {}, headers);

/** 5,000 over ten weeks with 100.55 interest each, of which those of weeks not begun are not asked for. */
const loanToSettle = async (changes = {}) =>
  makeLoan(world, { product: await makeProduct(world, { earlySettlement: 'interest_to_date', ...changes }), interestCents: 10_055n });

test('the borrower is told what closes their loan today, rounded up to shillings, and until when', async () => {
  const loan = await loanToSettle();
  const { status, body } = await settle(loan, loan.member.headers);
  expect([status, body]).toEqual([
    200,
    { loanId: loan.id, reference: loan.reference, amount: 5101, validUntil: '2026-11-21T20:59:59.999Z' }, // 5,000 and 100.55
  ]);
});

test('a payment of that much closes it by the paybill, and the cents are saved', async () => {
  const loan = await loanToSettle();
  const { body } = await settle(loan, loan.member.headers);
  await pay(world, loan.reference, Number(body.amount));
  expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 0.45 });
  expect(await repaymentsOf(world, loan)).toMatchObject([{ amount: 5100.55, interest: 100.55, principal: 5000, settles: true }]);
});

test('so does a prompt, and what is more is saved', async () => {
  const loan = await loanToSettle();
  await settle(loan, loan.member.headers);
  const { prompt } = await push(world, { items: undefined, type: 'loan_repayment', subject: loan.reference, amount: 6000 });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
  expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 899.45 });
});

test('less is a repayment like any other, and the next one that suffices settles early', async () => {
  const loan = await loanToSettle();
  await settle(loan, loan.member.headers);
  await pay(world, loan.reference, 5100);
  expect(await standing(world, loan)).toMatchObject({ state: 'active', saved: 4499.45 });
  expect((await settle(loan, loan.member.headers)).body.amount).toBe(4500);
  await pay(world, loan.reference, 4500);
  expect(await standing(world, loan)).toMatchObject({ state: 'closed' });
});

test('the day after, it settles early no more', async () => {
  const loan = await loanToSettle();
  await settle(loan, loan.member.headers);
  await world.clock.advance(DAY_MS);
  await pay(world, loan.reference, 5101);
  expect(await standing(world, loan)).toMatchObject({ state: 'active', principal: 4500 });
});

test('where the product takes everything, whoever pays enough settles early without asking', async () => {
  const loan = await loanToSettle({ excess: 'full' });
  await pay(world, loan.reference, 5150);
  expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 49.45 });
});

test('an early settlement that is not one any more, because an earlier repayment was taken back, forgives nothing', async () => {
  const loan = await loanToSettle({ excess: 'full' });
  await pay(world, loan.reference, 1000);
  await world.clock.advance(60_000);
  await pay(world, loan.reference, 4202); // the interest of the second week was paid with the first thousand
  const [first] = await repaymentsOf(world, loan);
  expect(await standing(world, loan)).toMatchObject({ state: 'closed', principal: 0 });
  const headers = await operator(world, 'repayments:reverse');
  expect((await send(world, `/api/repayments/${first?.id}/reverse`, { reason: 'Another loan' }, headers)).status).toBe(200);
  expect(await standing(world, loan)).toMatchObject({ state: 'active' });
  const [{ owed } = { owed: 0 }] = await world.database.sql<{ owed: number }>(
    'select (sum(unpaid_cents) / 100.0)::float as owed from instalments where loan_id = $1',
    [loan.id],
  );
  expect(owed).toBe(1803.5); // the 90 cents that were too much are not any more, and pay

  const deposit = await world.database.sql<{ id: string }>('select deposit_id as id from repayments where id = $1', [first?.id]);
  const match = { standingReference: loan.reference };
  expect((await send(world, `/api/deposits/${deposit[0]?.id}/match`, match, await signedIn(world, 'treasurer'))).status).toBe(200);
  expect(await standing(world, loan)).toMatchObject({ state: 'closed', principal: 0 }); // and when it is found to be right after all, it settles again
});

test('only the borrower and staff are told, and only of an active loan', async () => {
  const loan = await loanToSettle();
  expect((await settle(loan, (await makeMember(world)).headers)).body).toMatchObject({ code: 'loan_not_found', status: 404 });
  expect((await settle(loan, await signedIn(world, 'treasurer'))).status).toBe(200);
  const { body } = await settle(loan, await signedIn(world, 'treasurer'));
  await pay(world, loan.reference, Number(body.amount));
  expect(await settle(loan, await signedIn(world, 'treasurer'))).toMatchObject({ status: 409, body: { code: 'loan_not_active' } });
});
