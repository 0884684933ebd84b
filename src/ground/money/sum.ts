/** The sum of amounts. */
export const sum = (cents: readonly bigint[]): bigint => cents.reduce((total, one) => total + one, 0n);
