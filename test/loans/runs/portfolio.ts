import { newId } from '#ground/db/columns.ts';
import { newReference } from '#ground/references/reference.ts';
import { addDays, addMonths, type Day, nairobiMoment } from '#ground/time/nairobi.ts';
import { instalments, loanProducts, loans, penalties } from '#sacco/loans/loans.schema.ts';
import { COMPONENTS } from '#sacco/loans/math/allocation-order.ts';
import { type LoanHistory, type LoanStanding, type StandingPenalty, unpaidInstalment, unpaidPenalty } from '#sacco/loans/math/terms.ts';
import { workOut } from '#sacco/loans/math/work-out.ts';
import { readHistories } from '#sacco/loans/read-history.ts';
import { nextRandom, type RandomHolder, randomFor } from '../../../dev/daraja/random.ts';
import type { World } from '../../world/world.ts';

/** A random loan: what happened to it, and up to which day that stands in the tables. */
export type RandomLoan = { id: string; history: LoanHistory; workedOutTo: Day };

type Dice = { whole(from: number, to: number): number; one<T>(of: readonly T[]): T; chance(share: number): boolean };

function diceOf(seed: number): Dice {
  const holder: RandomHolder = randomFor(seed, 1);
  const whole = (from: number, to: number) => from + Math.floor(nextRandom(holder) * (to - from + 1));
  return { whole, one: (of) => of[whole(0, of.length - 1)] as (typeof of)[number], chance: (share) => nextRandom(holder) < share };
}

/**
 * Loans of random members on random products, with repayments and waivers at random moments, written as their events would have left them; what falls due may be
 * months before the day after which nothing happened.
 */
export async function makePortfolio(
  world: World,
  memberIds: readonly string[],
  { seed, size }: { seed: number; size: number },
): Promise<RandomLoan[]> {
  const dice = diceOf(seed);
  const { db } = world.app;
  const products = Array.from({ length: Math.ceil(size / 2) }, () => randomProduct(dice));
  await db.insert(loanProducts).values(products);
  const made = Array.from({ length: size }, () => randomLoan(dice, dice.one(products), dice.one(memberIds)));
  await db.insert(loans).values(made.map(({ row }) => row));
  await db.insert(instalments).values(made.flatMap(({ parts }) => parts));
  const histories = await readHistories(
    db,
    made.map(({ row }) => row.id),
  );
  const finished = made.map(({ row }) => liveThrough(dice, row.id, histories.get(row.id) as LoanHistory, row.disbursedOn));
  await writeStandings(world, finished);
  return finished;
}

function randomProduct({ whole, one, chance }: Dice): typeof loanProducts.$inferInsert {
  return {
    ...{ id: newId(), code: `P${newId().slice(-12)}`, name: 'Random', createdAt: new Date('2026-01-01') },
    ...{ method: 'flat', period: one(['week', 'month'] as const), instalments: whole(1, 6), interestBasisPoints: 0 },
    ...{ feeCents: 0n, feeBasisPoints: 0, feeCharged: 'deducted', graceDays: one([0, 0, 1, 3, 10, 40]) },
    ...{
      penaltyKind: one(['none', 'fixed', 'fixed', 'percent', 'percent', 'percent'] as const),
      penaltyFrequency: one(['once', 'per_period'] as const),
    },
    ...{ penaltyCents: BigInt(whole(0, 60_000)), penaltyBasisPoints: one([1, 33, 500, 1_000, 10_000]) },
    ...{ penaltyCapBasisPoints: chance(0.5) ? null : one([0, 100, 777, 2_500]), inDuplum: chance(0.6) },
    ...{
      allocationOrder: COMPONENTS.toSorted(() => whole(0, 1) - 0.5),
      excess: 'full',
      earlySettlement: one(['all_interest', 'interest_to_date'] as const),
    },
    ...{ minCents: 100n, maxCents: 100_000_000n },
  };
}

function randomLoan({ whole, one, chance }: Dice, product: typeof loanProducts.$inferInsert, memberId: string) {
  const disbursedOn = one(['2026-01-29', '2026-01-31', '2026-02-28', '2026-05-31', addDays('2026-01-01', whole(0, 150))]);
  const dueOn = (number: number) => (product.period === 'week' ? addDays(disbursedOn, 7 * number) : addMonths(disbursedOn, number));
  const hasInterest = chance(0.7);
  const id = newId();
  const parts = Array.from({ length: product.instalments }, (_, at) => ({
    ...{ loanId: id, number: at + 1, dueOn: dueOn(at + 1), principalCents: BigInt(whole(1, 300_000)) },
    ...{ interestCents: hasInterest ? BigInt(whole(0, 200_000)) : 0n, feeCents: chance(0.3) ? BigInt(whole(0, 20_000)) : 0n },
  }));
  const principalCents = ((parts.reduce((sum, one) => sum + one.principalCents, 0n) + 99n) / 100n) * 100n;
  const given = { state: 'active' as const, disbursedOn, workedOutTo: disbursedOn, appliedAt: nairobiMoment(disbursedOn) };
  return {
    row: { id, reference: newReference('LN'), memberId, productId: product.id as string, principalCents, feeCents: 0n, ...given },
    parts,
  };
}

/** Adds repayments and waivers on days after the payout, and chooses until when the loan was worked out: the last of them, or later. */
function liveThrough(dice: Dice, id: string, history: LoanHistory, disbursedOn: Day): RandomLoan {
  const { whole, chance, one } = dice;
  const owed = history.instalments.reduce((sum, part) => sum + part.principalCents + part.interestCents + part.feeCents, 0n);
  const moment = (day: Day) => new Date(nairobiMoment(day).getTime() + whole(0, 24 * 60 - 1) * 60_000);
  const days = Array.from({ length: whole(0, 4) }, () => addDays(disbursedOn, whole(0, 120))).sort();
  const lived = { ...history, repayments: [...history.repayments], waivers: [...history.waivers] };
  for (const day of days) {
    const charged = workOut(lived, day).penalties.filter((penalty) => unpaidPenalty(penalty) > 0n);
    if (charged.length > 0 && chance(0.4)) {
      const { number, period, amountCents } = one(charged);
      lived.waivers.push({ id: newId(), grantedAt: moment(day), number, period, amountCents: BigInt(whole(1, Number(amountCents))) });
    } else {
      const amountCents = (owed * BigInt(whole(1, 60))) / 100n + 1n;
      lived.repayments.push({ id: newId(), receivedAt: moment(day), amountCents, settles: chance(0.05) });
    }
  }
  return { id, history: lived, workedOutTo: addDays(days.at(-1) ?? disbursedOn, chance(0.5) ? 0 : whole(0, 20)) };
}

async function writeStandings({ app: { db }, database }: World, made: RandomLoan[]): Promise<void> {
  const left = made.map(({ id, history, workedOutTo }) => ({ id, workedOutTo, standing: workOut(history, workedOutTo) }));
  const parts = left.flatMap(({ id, standing }) => standing.instalments.map((one) => ({ id, ...one })));
  const column = (of: (one: (typeof parts)[number]) => bigint | number | string) => parts.map((one) => of(one).toString());
  await database.sql(
    `update instalments i set paid_principal_cents = n.a, paid_interest_cents = n.b, paid_fee_cents = n.c, forgiven_cents = n.d
    from unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) n (id, number, a, b, c, d)
    where i.loan_id = n.id and i.number = n.number`,
    [
      ...[column((one) => one.id), column((one) => one.number), column((one) => one.paidPrincipalCents)],
      ...[column((one) => one.paidInterestCents), column((one) => one.paidFeeCents), column((one) => one.forgivenCents)],
    ],
  );
  const charged = left.flatMap(({ id, workedOutTo, standing }) =>
    standing.penalties.map((one) => ({ loanId: id, recordedAt: nairobiMoment(workedOutTo), ...one })),
  );
  if (charged.length > 0) await db.insert(penalties).values(charged);
  await database.sql(
    `update loans l set worked_out_to = n.day, state = n.state from unnest($1::uuid[], $2::date[], $3::text[]) n (id, day, state) where l.id = n.id`,
    [
      left.map(({ id }) => id),
      left.map(({ workedOutTo }) => workedOutTo),
      left.map(({ standing }) => (isPaid(standing) ? 'closed' : 'active')),
    ],
  );
}

const isPaid = ({ instalments: parts, penalties: charged }: LoanStanding): boolean =>
  parts.every((one) => unpaidInstalment(one) === 0n) && charged.every((one) => unpaidPenalty(one) === 0n);

/** All penalties in the tables, in a form that compares. */
export const penaltiesOf = async ({ database }: Pick<World, 'database'>): Promise<string[]> =>
  (
    await database.sql<{ line: string }>(
      `select concat_ws(' ', loan_id, number, period, charged_on, days, base_cents, amount_cents, paid_cents, waived_cents) as line from penalties`,
    )
  )
    .map(({ line }) => line)
    .sort();

/** The penalties that the loans have by the pure function on a day, in the same form. */
export const expectedPenalties = (portfolio: readonly RandomLoan[], asOf: Day): string[] =>
  portfolio
    .flatMap(({ id, history, workedOutTo }) =>
      workOut(history, workedOutTo > asOf ? workedOutTo : asOf).penalties.map((penalty) => lineOf(id, penalty)),
    )
    .sort();

const lineOf = (id: string, one: StandingPenalty) =>
  [id, one.number, one.period, one.chargedOn, one.days, one.baseCents, one.amountCents, one.paidCents, one.waivedCents].join(' ');
