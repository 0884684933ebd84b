import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { runPenalties } from '#sacco/loans/runs/run-penalties.ts';
import { deposits, match, register } from '../paybill/paybill.ts';
import { scaled } from '../world/counts.ts';
import { type MadeLoan, makeLoan, makeProduct, type ProductRow } from '../world/lending.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { DAY_MS, expectLendingToAgree, expectTruth, payTruly, penaltiesOf, repaymentsOf, send, standing } from './repaying.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(async () => {
  await expectLendingToAgree(world);
  await expectTruth(world);
  await world.stop();
});

const lateLoan = async (changes: Partial<ProductRow> = {}): Promise<MadeLoan> =>
  makeLoan(world, {
    product: await makeProduct(world, { penaltyKind: 'percent', penaltyBasisPoints: 1_000, penaltyFrequency: 'per_period', ...changes }),
  });

/** Pays with a reference that nobody has: the deposit waits in suspense. */
async function mistyped(amountShillings: number): Promise<string> {
  const receipt = await payTruly(world, 'SHAMBA', amountShillings);
  return (await deposits(world)).find((deposit) => deposit.receipt === receipt)?.depositId ?? '';
}

/** Lets days go by, with the penalty run of each night. */
async function nights(days: number): Promise<void> {
  for (let day = 0; day < days; day++) {
    await world.clock.advance(DAY_MS);
    await runPenalties(world.app, nairobiDay(world.clock.now()), new Date(world.clock.now().getTime() + 60_000));
  }
}

test('money that was paid in time and found late takes away the penalties of the time in between', async () => {
  const loan = await lateLoan();
  await nights(7);
  const depositId = await mistyped(500);
  await nights(10);
  expect(await penaltiesOf(world, loan)).toMatchObject([
    { number: 1, amount: 50 },
    { number: 1, amount: 50 },
    { number: 2, amount: 50 },
  ]);
  expect((await match(world, depositId, { standingReference: loan.reference })).status).toBe(200);
  expect(await penaltiesOf(world, loan)).toMatchObject([
    { number: 1, amount: 0 },
    { number: 1, amount: 0 },
    { number: 2, amount: 50 },
  ]);
  expect(await standing(world, loan)).toMatchObject({ principal: 4500 });
  const [changed] = await world.database.sql("select before, after from audit where action = 'penalties_changed' and subject = $1", [
    loan.id,
  ]);
  expect(changed).toMatchObject({
    before: [
      { number: 1, period: 1, amountCents: '5000' },
      { number: 1, period: 2, amountCents: '5000' },
    ],
    after: {
      penalties: [
        { number: 1, period: 1, amountCents: '0' },
        { number: 1, period: 2, amountCents: '0' },
      ],
    },
  });
});

test('of a penalty that a later repayment had paid, that pays what it would have paid, and saves the rest', async () => {
  const loan = await lateLoan();
  await nights(7);
  const depositId = await mistyped(500);
  await nights(2);
  await payTruly(world, loan.reference, 550);
  expect(await repaymentsOf(world, loan)).toMatchObject([{ penalty: 50, principal: 500 }]);
  await match(world, depositId, { standingReference: loan.reference });
  expect(await repaymentsOf(world, loan)).toMatchObject([
    { penalty: 0, principal: 500, amount: 500, excess: 50 },
    { penalty: 0, principal: 500 },
  ]);
  expect(await standing(world, loan)).toMatchObject({ principal: 4000, saved: 50 });
  await expectLendingToAgree(world);
});

test('a part that was paid in time makes the penalty smaller', async () => {
  const loan = await lateLoan();
  await nights(7);
  const depositId = await mistyped(200);
  await nights(3);
  await match(world, depositId, { standingReference: loan.reference });
  expect(await penaltiesOf(world, loan)).toMatchObject([{ number: 1, amount: 30 }]);
});

test('what the loan has no use for any more is saved', async () => {
  const loan = await lateLoan({ instalments: 1 });
  await nights(2);
  const depositId = await mistyped(3000);
  await nights(6);
  await payTruly(world, loan.reference, 5000);
  expect(await standing(world, loan)).toEqual({ state: 'active', principal: 500, saved: 0 });
  await match(world, depositId, { standingReference: loan.reference });
  expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 2800 });
  expect(await repaymentsOf(world, loan)).toMatchObject([
    { amount: 2200, excess: 2800, penalty: 200, principal: 2000 },
    { amount: 3000, excess: 0 },
  ]);
});

test('a waiver lets go no more than is left of a penalty that became smaller', async () => {
  const loan = await lateLoan();
  await nights(7);
  const depositId = await mistyped(450);
  await nights(2);
  const [asker, decider] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  const { body } = await send(world, `/api/loans/${loan.id}/waivers`, { instalment: 1, amount: 40, reason: 'In hospital' }, asker);
  expect((await send(world, `/api/waivers/${body.waiverId}/decision`, { decision: 'approve' }, decider)).status).toBe(200);
  expect(await penaltiesOf(world, loan)).toMatchObject([{ amount: 50, waived: 40 }]);
  await match(world, depositId, { standingReference: loan.reference });
  expect(await penaltiesOf(world, loan)).toMatchObject([{ amount: 5, waived: 5 }]);
});

test('money that was paid in time and found after the loan was closed takes the penalties of the time in between away', async () => {
  const loan = await lateLoan({ instalments: 1 });
  await nights(2);
  const depositId = await mistyped(5000);
  await nights(6);
  await payTruly(world, loan.reference, 5500);
  expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 0 });
  await match(world, depositId, { standingReference: loan.reference });
  expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 5500 });
  expect(await penaltiesOf(world, loan)).toMatchObject([{ amount: 0 }]);
});

test('money that was found after the loan was closed is saved', async () => {
  const loan = await lateLoan({ instalments: 1 });
  const depositId = await mistyped(700);
  await payTruly(world, loan.reference, 5000);
  await match(world, depositId, { standingReference: loan.reference });
  expect(await standing(world, loan)).toEqual({ state: 'closed', principal: 0, saved: 700 });
});

describe('the order in which money becomes known', () => {
  test('makes no difference to what is owed, where the product takes everything', async () => {
    const loans = [await lateLoan({ excess: 'full' }), await lateLoan({ excess: 'full' })] as const;
    await nights(7);
    await payTruly(world, loans[0].reference, 300);
    const first = await mistyped(300);
    await nights(4);
    await payTruly(world, loans[0].reference, 350);
    const second = await mistyped(350);
    await nights(8);
    await match(world, second, { standingReference: loans[1].reference });
    await match(world, first, { standingReference: loans[1].reference });
    expect(await standing(world, loans[1])).toEqual(await standing(world, loans[0]));
    const charged = async (loan: MadeLoan) => (await penaltiesOf(world, loan)).filter(({ amount }) => amount > 0);
    expect(await charged(loans[1])).toEqual(await charged(loans[0]));
  });

  test('nor what is owed and saved, whatever the product takes, also where the loan was closed meanwhile', async () => {
    const payment = fc.record({ days: fc.integer({ min: 0, max: 9 }), amount: fc.integer({ min: 50, max: 1_400 }), found: fc.integer() });
    const drawn = fc.array(payment, { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('instalment', 'full'),
        fc.integer({ min: 1, max: 4 }),
        drawn,
        async (excess, instalments, payments) => {
          const changes = { excess, instalments } as const;
          const [heard, found] = [await lateLoan(changes), await lateLoan(changes)];
          const waiting: { depositId: string; at: number }[] = [];
          for (const { days, amount, found: at } of payments) {
            await nights(days);
            await payTruly(world, heard.reference, amount);
            waiting.push({ depositId: await mistyped(amount), at });
          }
          await nights(3);
          for (const { depositId } of waiting.sort((a, b) => a.at - b.at))
            expect((await match(world, depositId, { standingReference: found.reference })).status).toBe(200);
          expect(await standing(world, found)).toEqual(await standing(world, heard));
          const total = async (loan: MadeLoan) => (await penaltiesOf(world, loan)).reduce((sum, { amount }) => sum + amount, 0);
          expect(await total(found)).toBe(await total(heard));
        },
      ),
      { numRuns: scaled(6), endOnFailure: true },
    );
  }, 600_000);

  test('nor when it all becomes known at once', async () => {
    const loan = await lateLoan({ excess: 'full' });
    await nights(7);
    const waiting = [await mistyped(100), await mistyped(150), await mistyped(250)];
    await nights(3);
    await Promise.all([
      ...waiting.map((depositId) => match(world, depositId, { standingReference: loan.reference })),
      payTruly(world, loan.reference, 100),
      runPenalties(world.app, nairobiDay(world.clock.now()), new Date(world.clock.now().getTime() + 60_000)),
    ]);
    expect((await penaltiesOf(world, loan)).filter(({ amount }) => amount > 0)).toEqual([]);
    expect(await standing(world, loan)).toMatchObject({ principal: 4400 });
  });
});

test("M-PESA's own stamp decides: a repayment of the due day that is told after the night of penalties pays no penalty", async () => {
  const loan = await lateLoan();
  const [due] = await world.database.sql<{ on: string }>('select min(due_on)::text as on from instalments where loan_id = $1', [loan.id]);
  const noon = new Date(`${due?.on}T09:00:00Z`);
  await world.clock.advance(noon.getTime() - world.clock.now().getTime());
  world.simulator.control.outage({ what: ['confirmation'], forMs: 60_000 });
  const receipt = await payTruly(world, loan.reference, 500);
  await nights(1);
  expect(await penaltiesOf(world, loan)).toMatchObject([{ number: 1, amount: 50 }]);
  await world.simulator.control.redeliverConfirmation(receipt);
  await world.settled();
  expect(await penaltiesOf(world, loan)).toMatchObject([{ number: 1, amount: 0 }]);
  expect(await repaymentsOf(world, loan)).toMatchObject([{ amount: 500, penalty: 0, principal: 500 }]);
});
