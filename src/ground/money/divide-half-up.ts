/** The quotient of two amounts that are not negative, a half rounded up. */
export const divideHalfUp = (amount: bigint, by: bigint): bigint => (2n * amount + by) / (2n * by);
