import { divideHalfUp } from '#ground/money/divide-half-up.ts';

const BASIS_POINTS = 10_000n;

/**
 * Splits an amount that includes VAT into net and VAT cents; the parts always add up. Half a cent rounds up, in favour of the tax. Its twin in SQL is in vat_of_1: change
 * both.
 */
export function splitVat(grossCents: bigint, rateBasisPoints: number): { netCents: bigint; vatCents: bigint } {
  const rate = BigInt(rateBasisPoints);
  const vatCents = divideHalfUp(grossCents * rate, BASIS_POINTS + rate);
  return { netCents: grossCents - vatCents, vatCents };
}
