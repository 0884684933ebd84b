const BASIS_POINTS = 10_000n;

/** Splits an amount that includes VAT into net and VAT cents; the parts always add up. Half a cent rounds up, in favour of the tax. */
export function splitVat(grossCents: bigint, rateBasisPoints: number): { netCents: bigint; vatCents: bigint } {
  const rate = BigInt(rateBasisPoints);
  const whole = BASIS_POINTS + rate;
  const vatCents = (2n * grossCents * rate + whole) / (2n * whole);
  return { netCents: grossCents - vatCents, vatCents };
}
