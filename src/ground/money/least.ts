export const least = (first: bigint, ...others: bigint[]): bigint =>
  others.reduce((a: bigint, b: bigint): bigint => (b < a ? b : a), first);
