import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { runPenalties } from '#sacco/loans/runs/run-penalties.ts';
import { deposits, match, register } from '../paybill/paybill.ts';
import { scaled } from '../world/counts.ts';
import { type MadeLoan, makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { DAY_MS, expectLendingToAgree, expectTruth, payTruly, penaltiesOf, repaymentsOf, send } from './repaying.ts';

let world: World;
let key: { authorization: string };
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  key = await operator(world, 'repayments:reverse');
});
afterAll(() => world.stop());

const product = fc.record({
  instalments: fc.integer({ min: 1, max: 5 }),
  penaltyKind: fc.constantFrom('none', 'fixed', 'percent', 'percent'),
  penaltyCents: fc.constantFrom(5_000n, 30_000n),
  penaltyBasisPoints: fc.constantFrom(333, 1_000, 5_000),
  penaltyFrequency: fc.constantFrom('once', 'per_period'),
  penaltyCapBasisPoints: fc.constantFrom(null, 500, 3_000),
  inDuplum: fc.boolean(),
  graceDays: fc.integer({ min: 0, max: 3 }),
  allocationOrder: fc.shuffledSubarray(['penalty', 'fee', 'interest', 'principal'], { minLength: 4 }),
  excess: fc.constantFrom('instalment', 'full'),
  earlySettlement: fc.constantFrom('all_interest', 'interest_to_date'),
});

const amount = fc.integer({ min: 1, max: 900 });
const which = fc.nat(9);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('pay' as const), amount }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('mistype' as const), amount }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('match' as const), which }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('reverse' as const), which }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('waive' as const), which, amount }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('settle' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 12 }), nightRuns: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('crowd' as const), which, amount }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const night = () => runPenalties(world.app, nairobiDay(world.clock.now()), new Date(world.clock.now().getTime() + 60_000));

/** What may be answered besides being done: the state of things does not allow it. Never a failure of ours. */
const expectAnswer = ({ status }: { status: number }) => expect([200, 201, 404, 409, 422]).toContain(status);

async function take(loan: MadeLoan, one: Step): Promise<void> {
  switch (one.does) {
    case 'pay':
      return void (await payTruly(world, loan.reference, one.amount));
    case 'mistype':
      return void (await payTruly(world, 'SHAMBA', one.amount));
    case 'wait':
      await world.clock.advance(one.days * DAY_MS);
      return void (one.nightRuns && (await night()));
    case 'settle':
      return expectAnswer(await send(world, `/api/loans/${loan.id}/settlement`, {}, await signedIn(world, 'treasurer')));
    case 'match':
      return matchOne(loan, one.which);
    case 'reverse':
      return reverseOne(loan, one.which);
    case 'waive':
      return waive(loan, one.which, one.amount);
    case 'crowd':
      await Promise.all([
        ...[take(loan, { does: 'pay', amount: one.amount }), matchOne(loan, one.which), reverseOne(loan, one.which)],
        ...[reverseOne(loan, one.which + 1), waive(loan, one.which, one.amount), night()],
      ]);
  }
}

async function matchOne(loan: MadeLoan, at: number): Promise<void> {
  const waiting = await deposits(world);
  const deposit = waiting[at % Math.max(1, waiting.length)];
  if (deposit) expectAnswer(await match(world, deposit.depositId, { standingReference: loan.reference }));
}

async function reverseOne(loan: MadeLoan, at: number): Promise<void> {
  const repayments = (await repaymentsOf(world, loan)).filter(({ reversed }) => !reversed);
  const repayment = repayments[at % Math.max(1, repayments.length)];
  if (repayment) expectAnswer(await send(world, `/api/repayments/${repayment.id}/reverse`, { reason: 'Another loan' }, key));
}

async function waive(loan: MadeLoan, at: number, most: number): Promise<void> {
  const penalties = (await penaltiesOf(world, loan)).filter((one) => one.amount > one.paid + one.waived);
  const penalty = penalties[at % Math.max(1, penalties.length)];
  if (!penalty) return;
  const asked = await send(
    world,
    `/api/loans/${loan.id}/waivers`,
    { instalment: penalty.number, period: penalty.period, amount: Math.min(most, penalty.amount), reason: 'In hospital' },
    await signedIn(world, 'treasurer'),
  );
  expectAnswer(asked);
  if (asked.status === 201)
    expectAnswer(
      await send(world, `/api/waivers/${asked.body.waiverId}/decision`, { decision: 'approve' }, await signedIn(world, 'treasurer')),
    );
}

test('whatever happens to a loan, in any order and at once: its tables are its history worked out, and the books are M-PESA’s', async () => {
  const member = await makeMember(world);
  await fc.assert(
    fc.asyncProperty(product, fc.array(step, { minLength: 8, maxLength: 24 }), async (changes, steps) => {
      const terms = await makeProduct(world, changes as Parameters<typeof makeProduct>[1]);
      const loan = await makeLoan(world, { member, product: terms, principalCents: 200_000n, interestCents: 7_550n });
      for (const one of steps) await take(loan, one);
      await expectLendingToAgree(world);
      await expectTruth(world);
    }),
    { numRuns: scaled(6), endOnFailure: true },
  );
}, 600_000);
