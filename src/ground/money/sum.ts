/** The sum of some amounts; nothing of none. */
export const sum = (cents: readonly bigint[]): bigint => cents.reduce((total, one) => total + one, 0n);
