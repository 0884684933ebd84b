/** Cents in one shilling. M-PESA moves whole shillings only. */
const CENTS_PER_SHILLING = 100n;

/** Whole shillings as cents. Throws when the number is not a whole, safe, non-negative one. */
export function centsFromShillings(amountShillings: number): bigint {
  if (!Number.isSafeInteger(amountShillings) || amountShillings < 0) throw new RangeError('An amount is a whole number of shillings.');
  return BigInt(amountShillings) * CENTS_PER_SHILLING;
}

/** Cents as whole shillings. Throws for a fraction of a shilling: the caller rounds first, on purpose. */
export function wholeShillings(amountCents: bigint): number {
  if (amountCents % CENTS_PER_SHILLING !== 0n) throw new RangeError('M-PESA moves whole shillings.');
  return Number(amountCents / CENTS_PER_SHILLING);
}

/** Cents as a JSON number of shillings (two decimals at most), for answers. */
export const shillings = (amountCents: bigint): number => Number(amountCents) / 100;

/** Cents as whole shillings, rounded up: M-PESA moves no cents. */
export const wholeShillingsUp = (amountCents: bigint): number => Number(divideUp(amountCents, CENTS_PER_SHILLING));

/** An amount for people: with thousands separators, and with two decimals only where there are cents. */
export function kes(amountCents: bigint): string {
  const decimals = amountCents % 100n === 0n ? 0 : 2;
  const shillings = (Number(amountCents) / 100).toLocaleString('en-KE', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return `KES ${shillings}`;
}

export const least = (first: bigint, ...others: bigint[]): bigint =>
  others.reduce((a: bigint, b: bigint): bigint => (b < a ? b : a), first);

export const sum = (cents: readonly bigint[]): bigint => cents.reduce((total, one) => total + one, 0n);

/** The quotient of two non-negative amounts, rounded up. */
export const divideUp = (amount: bigint, by: bigint): bigint => (amount + by - 1n) / by;

/** The quotient of two non-negative amounts, half rounded up. */
export const divideHalfUp = (amount: bigint, by: bigint): bigint => (2n * amount + by) / (2n * by);

/** Splits an amount in proportion to weights, by largest remainder: the parts always add up, and equal weights differ by a cent at most. */
export function splitByWeights(amountCents: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total <= 0n || weights.some((weight) => weight < 0n)) throw new RangeError('There is nothing to split by.');
  const parts = weights.map((weight, at) => ({ at, cents: (amountCents * weight) / total, remainder: (amountCents * weight) % total }));
  const left = Number(amountCents - parts.reduce((sum, { cents }) => sum + cents, 0n));
  const lucky = new Set(
    [...parts]
      .sort((a, b) => (a.remainder === b.remainder ? a.at - b.at : a.remainder > b.remainder ? -1 : 1))
      .slice(0, left)
      .map(({ at }) => at),
  );
  return parts.map(({ at, cents }) => (lucky.has(at) ? cents + 1n : cents));
}
