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
