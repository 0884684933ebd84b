import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCOUNTS, savingsAccount } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { newId } from '#ground/db/columns.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';
import { runPenalties } from '#sacco/loans/runs/run-penalties.ts';
import { savingsStanding } from '#sacco/loans/told-part.ts';
import { newReceipt, register } from '../../paybill/paybill.ts';
import { scaled } from '../../world/counts.ts';
import { type MadeLoan, makeLoan, makeProduct } from '../../world/lending.ts';
import { sessionOf, signedIn } from '../../world/person.ts';
import { startWorld, type World } from '../../world/world.ts';
import { DAY_MS, expectLendingToAgree, pay, penaltiesOf, promised, prove, repaymentsOf, standing } from '../repaying.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(async () => {
  await expectLendingToAgree(world);
  await world.stop();
});

const penalised = { penaltyKind: 'fixed', penaltyCents: 5_000n, penaltyFrequency: 'per_period' } as const;
const product = () => makeProduct(world, { excess: 'full', instalments: 5, ...penalised });

async function savings({ member }: MadeLoan) {
  const me = await world.send('GET', '/api/members/me', { headers: await sessionOf(world, member.phone) });
  return ((await me.json()) as { accounts: unknown[] }).accounts;
}

/** Anybody who knows the loan's reference says that it was paid then. */
const lie = (loan: MadeLoan, amount: number, at = world.clock.now()): Promise<string> =>
  pay(world, loan.reference, amount, { TransID: newReceipt(at), TransTime: toNairobiTimestamp(at) });

async function payInTruth(loan: MadeLoan, amount: number): Promise<void> {
  await prove(world, await pay(world, loan.reference, amount));
}

async function takeBack(receipt: string): Promise<void> {
  const refute = 'select id, refute_deposit_2(id, $2) from deposits where receipt = $1';
  const [row] = await world.database.sql<{ id: string }>(refute, [receipt, world.clock.now().toISOString()]);
  const headers = await signedIn(world, 'treasurer');
  const response = await world.send('POST', `/api/deposits/${row?.id}/take-back`, { body: { reason: 'Not on the statement' }, headers });
  expect(response.status).toBe(200);
}

const tasks = ({ id }: MadeLoan) =>
  world.database.sql("select words from reviews where kind = 'loan_excess_spent' and subject = $1 and closed_at is null", [id]);

const night = () => runPenalties(world.app, nairobiDay(world.clock.now()), new Date(world.clock.now().getTime() + 60_000));

/** All that is to be the same of two loans to which the same happened. */
async function endOf(loan: MadeLoan) {
  return {
    ...(await standing(world, loan)),
    penalties: (await penaltiesOf(world, loan)).filter(({ amount }) => amount > 0),
    repayments: (await repaymentsOf(world, loan)).filter(({ reversed }) => !reversed).map(({ id, settles, ...one }) => one),
  };
}

describe('what a lie pushes out of a loan into savings is only told, and not available, as long as it is told', () => {
  test('of a repayment that was there before', async () => {
    const loan = await makeLoan(world, { product: await product() });
    await world.clock.advance(2 * DAY_MS);
    await payInTruth(loan, 4900);
    await world.clock.advance(60_000); // booked after it, and of a time before it
    await lie(loan, 4900, new Date(world.clock.now().getTime() - DAY_MS));
    expect(await savings(loan)).toMatchObject([{ balance: 4800, told: 4800, available: 0 }]);
    await prove(world);
    expect(await savings(loan)).toMatchObject([{ balance: 4800, told: 0, available: 4800 }]);
  });

  test('of one that came later', async () => {
    const loan = await makeLoan(world, { product: await product() });
    await lie(loan, 3000);
    await world.clock.advance(60_000);
    await payInTruth(loan, 5500);
    expect(await savings(loan)).toMatchObject([{ balance: 3500, told: 3500, available: 0 }]);
    await prove(world);
    expect(await savings(loan)).toMatchObject([{ balance: 3500, told: 0, available: 3500 }]);
  });

  test('and what was saved before it came stays available', async () => {
    const loan = await makeLoan(world);
    await payInTruth(loan, 800);
    await world.clock.advance(60_000);
    await lie(loan, 500);
    expect(await savings(loan)).toMatchObject([{ balance: 300, told: 0, available: 300 }]);
  });
});

test.each([
  ['before', -DAY_MS],
  ['after', 0],
] as const)(
  'a loan of which a lie of the moment %s was taken back stands as if nobody had lied, and nothing is told',
  async (when, shift) => {
    const loan = await makeLoan(world, { product: await product() });
    await world.clock.advance(2 * DAY_MS);
    if (when === 'before') await payInTruth(loan, 4900);
    const receipt = await lie(loan, 4900, new Date(world.clock.now().getTime() + shift));
    await world.clock.advance(60_000);
    if (when === 'after') await payInTruth(loan, 4900);
    await world.clock.advance(8 * DAY_MS);
    await takeBack(receipt);
    expect(await endOf(loan)).toMatchObject({
      state: 'active',
      principal: 100,
      saved: 0,
      penalties: [],
      repayments: [{ amount: 4900, excess: 0 }],
    });
    expect(await savings(loan)).toMatchObject([{ balance: 0, told: 0, available: 0 }]);
    expect(await promised(world, loan.id)).toEqual([]);
    expect(await tasks(loan)).toEqual([]);
  },
);

test('a loan that its borrower has truly paid off stays closed when the lie that had closed it is taken back, and they are told so then', async () => {
  const loan = await makeLoan(world, { product: await product() });
  const receipt = await lie(loan, 5000);
  await world.clock.advance(60_000);
  await payInTruth(loan, 5000);
  expect(await promised(world, loan.id)).toEqual([]);
  await takeBack(receipt);
  expect(await endOf(loan)).toMatchObject({ state: 'closed', principal: 0, saved: 0 });
  expect(await promised(world, loan.id)).toEqual([{ event: 'loan_closed', n: expect.any(Number) }]);
});

test('what truth had to save comes back to its loan when one of two lies is taken back, though the other one stands', async () => {
  const loan = await makeLoan(world, { product: await product() });
  const receipt = await lie(loan, 3000);
  await lie(loan, 500);
  await world.clock.advance(60_000);
  await payInTruth(loan, 5500);
  await takeBack(receipt);
  expect(await endOf(loan)).toMatchObject({ principal: 0, saved: 1000, repayments: [{ amount: 500 }, { amount: 4500, excess: 1000 }] });
  expect(await tasks(loan)).toEqual([]);
});

test('what the savings do not hold any more does not come back: a task says how much', async () => {
  const loan = await makeLoan(world, { product: await product() });
  const receipt = await lie(loan, 4900);
  await world.clock.advance(60_000);
  await payInTruth(loan, 4900);
  await world.app.db.transaction((tx) =>
    transfer(tx, {
      ...{ kind: 'payout_paid', sourceId: `test:${newId()}`, bookedAt: world.clock.now() },
      legs: [{ debit: savingsAccount(loan.member.accountId), credit: ACCOUNTS.bank, amountCents: 300_000n }],
    }),
  );
  await pay(world, loan.member.savingsReference, 700); // told: it is no money that could pay a loan for good
  await takeBack(receipt);
  expect(await endOf(loan)).toMatchObject({ state: 'active', principal: 3100, saved: 700, repayments: [{ amount: 1900, excess: 3000 }] });
  expect(await tasks(loan)).toMatchObject([{ words: expect.stringContaining('KES 3,000') }]);
});

test('whatever was paid and whatever was told, before or after it: once the lies are taken back, the end is that of a loan of which nobody has lied', async () => {
  const terms = fc.record({
    excess: fc.constantFrom('instalment' as const, 'full' as const),
    earlySettlement: fc.constantFrom('all_interest' as const, 'interest_to_date' as const),
    instalments: fc.integer({ min: 1, max: 4 }),
  });
  const shillings = fc.integer({ min: 1, max: 3000 });
  const step = fc.oneof(
    fc.record({ does: fc.constant('pay' as const), amount: shillings }),
    fc.record({ does: fc.constant('lie' as const), amount: shillings, daysAgo: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ does: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 8 }) }),
  );
  const property = fc.asyncProperty(terms, fc.array(step, { minLength: 3, maxLength: 8 }), async (changes, steps) => {
    const made = { product: await makeProduct(world, { ...penalised, ...changes }), principalCents: 200_000n, interestCents: 7_550n };
    const [loan, twin] = [await makeLoan(world, made), await makeLoan(world, made)];
    await world.clock.advance(3 * DAY_MS);
    const lies: string[] = [];
    for (const one of steps) {
      await world.clock.advance(60_000);
      if (one.does === 'wait') await world.clock.advance(one.days * DAY_MS).then(night);
      if (one.does === 'lie') lies.push(await lie(loan, one.amount, new Date(world.clock.now().getTime() - one.daysAgo * DAY_MS)));
      if (one.does === 'pay') for (const each of [loan, twin]) await payInTruth(each, one.amount);
      const { balanceCents, toldCents } = await savingsStanding(world.app.db, savingsAccount(loan.member.accountId));
      const [available, saved] = [Number(balanceCents - toldCents) / 100, (await standing(world, twin)).saved];
      expect(available, 'what lies have pushed into savings is not available').toBeLessThanOrEqual(saved);
    }
    for (const receipt of lies) await takeBack(receipt);
    await night();
    expect(await endOf(loan)).toEqual(await endOf(twin));
  });
  await fc.assert(property, { numRuns: scaled(12), endOnFailure: true });
}, 600_000);
