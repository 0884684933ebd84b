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

/** Cents as the whole shillings that pay them: M-PESA moves no cents. */
export const wholeShillingsUp = (amountCents: bigint): number => Number((amountCents + CENTS_PER_SHILLING - 1n) / CENTS_PER_SHILLING);
