import { divideHalfUp } from '#ground/money/cents.ts';
import type { ProductTerms } from './terms.ts';

/** The fee of a loan in cents: a fixed part and a share of the principal, in whole shillings; half a shilling rounds up. */
export const loanFee = (product: Pick<ProductTerms, 'feeCents' | 'feeBasisPoints'>, principalCents: bigint): bigint =>
  divideHalfUp(product.feeCents * 10_000n + principalCents * BigInt(product.feeBasisPoints), 1_000_000n) * 100n;
