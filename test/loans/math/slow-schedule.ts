import type { SchedulePlan } from '#sacco/loans/math/make-schedule.ts';
import type { Instalment } from '#sacco/loans/math/terms.ts';
import { daysAfter, monthsAfter } from './calendar.ts';

/** A fraction that is never rounded until somebody says how. */
type Fraction = { over: bigint; under: bigint };
const whole = (amount: bigint): Fraction => ({ over: amount, under: 1n });
const times = (a: Fraction, b: Fraction): Fraction => ({ over: a.over * b.over, under: a.under * b.under });
const plus = (a: Fraction, b: Fraction): Fraction => ({ over: a.over * b.under + b.over * a.under, under: a.under * b.under });
const floor = ({ over, under }: Fraction): bigint => (over >= 0n ? over / under : -((-over + under - 1n) / under));
const nearest = (a: Fraction): bigint => floor(plus(a, { over: 1n, under: 2n }));

/** The schedule, slowly: shillings are dealt out one pile after the other, and the annuity is searched for by trying. */
export function slowSchedule(plan: SchedulePlan): Instalment[] {
  const rows = plan.method === 'flat' ? flat(plan) : reducing(plan);
  const fees = deal(plan.feeCents / 100n, rows.length);
  const instalments: Instalment[] = [];
  rows.forEach(([principalCents, interestCents], at) => {
    const feeCents = (fees[at] ?? 0n) * 100n;
    if (principalCents === 0n && interestCents === 0n && feeCents === 0n) return;
    const dueOn = plan.period === 'week' ? daysAfter(plan.disbursedOn, 7 * at + 7) : monthsAfter(plan.disbursedOn, at + 1);
    instalments.push({ number: instalments.length + 1, dueOn, principalCents, interestCents, feeCents });
  });
  return instalments;
}

/** Piles of the same height, as high as they can be; the last gets what is over. */
function deal(shillings: bigint, piles: number): bigint[] {
  let [low, high] = [0n, shillings + 1n];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle * BigInt(piles) <= shillings) low = middle;
    else high = middle;
  }
  const heights = new Array<bigint>(piles).fill(low);
  for (const height of heights.slice(1)) shillings -= height;
  heights[piles - 1] = shillings;
  return heights;
}

function flat({ principalCents, interestBasisPoints, instalments }: SchedulePlan): [bigint, bigint][] {
  const rate: Fraction = { over: BigInt(interestBasisPoints), under: 10_000n };
  let interest = whole(0n);
  for (let period = 0; period < instalments; period++) interest = plus(interest, times(whole(principalCents / 100n), rate));
  const [principals, interests] = [deal(principalCents / 100n, instalments), deal(nearest(interest), instalments)];
  return principals.map((principal, at) => [principal * 100n, (interests[at] ?? 0n) * 100n]);
}

/** True when equal instalments repay the loan, interest not rounded. */
function repays(instalmentCents: bigint, { principalCents, interestBasisPoints, instalments }: SchedulePlan): boolean {
  let left = principalCents; // in 1 / 10 000 ^ period cents
  let unit = 1n;
  for (let period = 0; period < instalments; period++) {
    unit *= 10_000n;
    left = left * (10_000n + BigInt(interestBasisPoints)) - instalmentCents * unit;
    if (left <= 0n) return true;
  }
  return false;
}

function reducing(plan: SchedulePlan): [bigint, bigint][] {
  let [low, high] = [0n, 2n * (plan.principalCents / 100n) + 1n]; // a rate is 100 % at most
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (repays(middle * 100n, plan)) high = middle;
    else low = middle;
  }
  const rows: [bigint, bigint][] = [];
  let balance = plan.principalCents;
  while (balance > 0n) {
    const interest = nearest({ over: balance * BigInt(plan.interestBasisPoints), under: 10_000n });
    const isLast = rows.length + 1 === plan.instalments || balance + interest <= high * 100n;
    if (isLast) {
      let extra = 0n;
      while ((balance + interest + extra) % 100n > 0n) extra += 1n;
      rows.push([balance, interest + extra]);
      balance = 0n;
    } else {
      rows.push([high * 100n - interest, interest]);
      balance = balance + interest - high * 100n;
    }
  }
  return rows;
}
