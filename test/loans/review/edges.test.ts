import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addDays, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import { runPenalties } from '#sacco/loans/runs/run-penalties.ts';
import { deposits, match } from '../../paybill/paybill.ts';
import { type MadeLoan, makeLoan, makeMember, makeProduct, type ProductRow } from '../../world/lending.ts';
import { signedIn } from '../../world/person.ts';
import { startWorld, type World } from '../../world/world.ts';
import { DAY_MS, expectLendingToAgree, pay, penaltiesOf, repaymentsOf, send, standing } from '../repaying.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => expectLendingToAgree(world));
afterAll(() => world.stop());

const LATE = { penaltyKind: 'percent', penaltyBasisPoints: 1_000, penaltyFrequency: 'per_period' } as const;
const forever = () => new Date('9999-01-01');
const today = () => nairobiDay(world.clock.now());
const run = (asOf = today()) => runPenalties(world.app, asOf, forever());
const post = async (path: string, body: unknown = {}) => send(world, path, body, await signedIn(world, 'treasurer'));
const reverse = (id: unknown) => post(`/api/repayments/${id}/reverse`, { reason: 'For another loan' });

async function lateLoan(changes: Partial<ProductRow> = {}, daysAgo = 8): Promise<MadeLoan> {
  const product = await makeProduct(world, { ...LATE, instalments: 4, ...changes });
  return makeLoan(world, { product, principalCents: 400_000n, disbursedOn: addDays(today(), -daysAgo) });
}

describe('penalties that were charged for days to come', () => {
  test('go again when all is paid before', async () => {
    const loan = await lateLoan({ excess: 'full' });
    await run(addDays(today(), 30));
    expect((await penaltiesOf(world, loan)).length).toBeGreaterThan(3);
    await pay(world, loan.reference, 4_100);
    expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 0 });
    expect((await penaltiesOf(world, loan)).reduce((sum, { amount }) => sum + amount, 0)).toBe(100);
  });

  test('become smaller by a part, and are what the nights charge when it is taken back', async () => {
    const [loan, plain] = [await lateLoan(), await lateLoan()];
    await run();
    await run(addDays(today(), 20));
    await pay(world, loan.reference, 500);
    await reverse((await repaymentsOf(world, loan))[0]?.id);
    await world.clock.advance(21 * DAY_MS);
    await run();
    expect(await penaltiesOf(world, loan)).toEqual(await penaltiesOf(world, plain));
  });
});

describe('at midnight in Nairobi', () => {
  test.each([
    ['the last second of the last good day is in time', -1_000, 0],
    ['the first second of the next is late', 0, 100],
  ])('%s', async (_, offsetMs, penalty) => {
    const loan = await lateLoan({}, 5);
    const charged = addDays(loan.disbursedOn, 8);
    await world.clock.advance(nairobiMoment(charged).getTime() + offsetMs - world.clock.now().getTime());
    await pay(world, loan.reference, 1_000);
    await world.clock.advance(2_000);
    await run();
    expect((await penaltiesOf(world, loan)).reduce((sum, { amount }) => sum + amount, 0)).toBe(penalty);
    expect((await standing(world, loan)).principal).toBe(penalty === 0 ? 3_000 : 3_100);
  });
});

describe('what a product may be at its edges', () => {
  test('one instalment', async () => {
    const product = await makeProduct(world, { ...LATE, instalments: 1, excess: 'full' });
    const loan = await makeLoan(world, { product, principalCents: 100_000n, interestCents: 33n, disbursedOn: addDays(today(), -8) });
    await run();
    expect(await penaltiesOf(world, loan)).toMatchObject([{ number: 1, amount: 100.03 }]);
    await pay(world, loan.reference, 1_101);
    expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 0.64 });
  });

  test('a hundred and twenty, all late', async () => {
    const product = await makeProduct(world, { ...LATE, instalments: 120, excess: 'full' });
    const loan = await makeLoan(world, { product, principalCents: 1_200_000n, disbursedOn: addDays(today(), -7 * 121) });
    await run();
    await pay(world, loan.reference, 30_000);
    expect(await standing(world, loan)).toMatchObject({ state: 'closed', principal: 0 });
    await reverse((await repaymentsOf(world, loan))[0]?.id);
    expect(await standing(world, loan)).toEqual({ state: 'active', principal: 12_000, saved: 0 });
  });

  test('a cap of nothing charges nothing, by night and by day', async () => {
    const loan = await lateLoan({ penaltyCapBasisPoints: 0 });
    await run();
    await pay(world, loan.reference, 200);
    await world.clock.advance(8 * DAY_MS);
    await run();
    await pay(world, loan.reference, 200);
    expect(await penaltiesOf(world, loan)).toEqual([]);
  });
});

test('an early settlement in cents that is taken back and matched again closes the loan once more, with the interest forgiven', async () => {
  const product = await makeProduct(world, { ...LATE, instalments: 4, earlySettlement: 'interest_to_date' });
  const loan = await makeLoan(world, { product, principalCents: 400_000n, interestCents: 1_033n, disbursedOn: addDays(today(), -8) });
  const asked = await post(`/api/loans/${loan.id}/settlement`);
  const amount = Number(asked.body.amount);
  await pay(world, loan.reference, amount);
  const closed = await standing(world, loan);
  expect(closed).toMatchObject({ state: 'closed', principal: 0 });
  const { body } = await reverse((await repaymentsOf(world, loan))[0]?.id);
  expect(await standing(world, loan)).toEqual({ state: 'active', principal: 4_000, saved: 0 });
  expect((await match(world, String(body.depositId), { standingReference: loan.reference })).status).toBe(200);
  expect(await standing(world, loan)).toEqual(closed);
  expect((await deposits(world)).find(({ depositId }) => depositId === body.depositId)).toBeUndefined();
});

test('a loan that was closed, opened and closed again by the same money is as it was', async () => {
  const member = await makeMember(world);
  const product = await makeProduct(world, { ...LATE, instalments: 2, excess: 'full' });
  const loan = await makeLoan(world, { member, product, principalCents: 100_000n, disbursedOn: addDays(today(), -8) });
  await pay(world, loan.reference, 400);
  await pay(world, loan.reference, 700);
  const before = [await standing(world, loan), await penaltiesOf(world, loan)];
  for (let times = 0; times < 3; times++) {
    const repayment = (await repaymentsOf(world, loan)).filter(({ reversed }) => !reversed)[times % 2];
    const { body } = await reverse(repayment?.id);
    await world.clock.advance(DAY_MS);
    await run();
    await match(world, String(body.depositId), { standingReference: loan.reference });
  }
  expect([await standing(world, loan), await penaltiesOf(world, loan)]).toEqual(before);
});
