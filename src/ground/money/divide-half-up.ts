/** The quotient of two non-negative amounts, half rounded up. */
export const divideHalfUp = (amount: bigint, by: bigint): bigint => (2n * amount + by) / (2n * by);
