import { divideHalfUp, divideUp } from '#ground/money/cents.ts';
import { addDays, addMonths, type Day } from '#ground/time/nairobi.ts';
import type { Instalment, ProductTerms } from './terms.ts';

/**
 * The input of a schedule. The fee is what is paid with the instalments, zero where it was deducted.
 */
export type SchedulePlan = Pick<ProductTerms, 'method' | 'period' | 'instalments' | 'interestBasisPoints'> & {
  principalCents: bigint;
  feeCents: bigint;
  disbursedOn: Day;
};

type Parts = { principalCents: bigint; interestCents: bigint };

const SHILLING = 100n;
const BASIS_POINTS = 10_000n;

/**
 * The instalments of a loan in whole shillings, numbered from 1: equal, and the last takes the remainder. Principal and fee add up to the
 * cent. Empty instalments, as a loan of a few shillings has, are left out; those after them keep their days.
 */
export function makeSchedule(plan: SchedulePlan): Instalment[] {
  const { principalCents, feeCents, instalments } = plan;
  if (instalments < 1 || principalCents <= 0n || feeCents < 0n || principalCents % SHILLING !== 0n || feeCents % SHILLING !== 0n)
    throw new RangeError('A loan has at least one instalment and is made of whole shillings.');
  const parts = plan.method === 'flat' ? splitFlat(plan) : repayReducing(plan);
  const fees = splitEqually(feeCents, parts.length);
  return parts
    .map((part, at) => ({ ...part, feeCents: fees[at] ?? 0n, dueOn: dueDay(plan, at + 1) }))
    .filter((part) => part.principalCents + part.interestCents + part.feeCents > 0n)
    .map((part, at) => ({ number: at + 1, ...part }));
}

const dueDay = ({ disbursedOn, period }: SchedulePlan, number: number): Day =>
  period === 'week' ? addDays(disbursedOn, 7 * number) : addMonths(disbursedOn, number);

/** Whole shillings in equal parts; the last takes what is left over. */
function splitEqually(amountCents: bigint, count: number): bigint[] {
  const each = (amountCents / (SHILLING * BigInt(count))) * SHILLING;
  return Array.from({ length: count }, (_, at) => (at < count - 1 ? each : amountCents - each * BigInt(count - 1)));
}

/** Interest on the whole principal for every period, half a shilling rounded up. */
function splitFlat({ principalCents, interestBasisPoints, instalments }: SchedulePlan): Parts[] {
  const interestCents =
    divideHalfUp(principalCents * BigInt(interestBasisPoints) * BigInt(instalments), BASIS_POINTS * SHILLING) * SHILLING;
  const interests = splitEqually(interestCents, instalments);
  return splitEqually(principalCents, instalments).map((principal, at) => ({
    principalCents: principal,
    interestCents: interests[at] ?? 0n,
  }));
}

/**
 * Interest on the remaining principal. The last instalment is rounded up to a shilling, and what that adds is interest; there may be fewer
 * instalments than agreed, never more.
 */
function repayReducing(plan: SchedulePlan): Parts[] {
  const instalmentCents = annuity(plan);
  const parts: Parts[] = [];
  for (let leftCents = plan.principalCents; leftCents > 0n; ) {
    const interestCents = divideHalfUp(leftCents * BigInt(plan.interestBasisPoints), BASIS_POINTS);
    const owedCents = leftCents + interestCents;
    const last = owedCents <= instalmentCents || parts.length === plan.instalments - 1;
    const principalCents = last ? leftCents : instalmentCents - interestCents;
    parts.push({ principalCents, interestCents: last ? upToShilling(owedCents) - leftCents : interestCents });
    leftCents -= principalCents;
  }
  return parts;
}

/** The equal instalment that repays principal and interest, rounded up to a shilling, without fractions: P r q^n / (q^n - 1). */
function annuity({ principalCents, interestBasisPoints, instalments }: SchedulePlan): bigint {
  const [rate, count] = [BigInt(interestBasisPoints), BigInt(instalments)];
  if (rate === 0n) return divideUp(principalCents, SHILLING * count) * SHILLING;
  const [grown, plain] = [(BASIS_POINTS + rate) ** count, BASIS_POINTS ** count];
  return divideUp(principalCents * rate * grown, SHILLING * BASIS_POINTS * (grown - plain)) * SHILLING;
}

const upToShilling = (cents: bigint): bigint => divideUp(cents, SHILLING) * SHILLING;
