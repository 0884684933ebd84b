import { AppError } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';
import type { ToldPayer } from '#mpesa/paybill/told-payer.ts';

/** Who gets a held fee. A provider gets all but what is kept, the payer gets the given amount or everything; the rest is income. */
export type Decision =
  | { to: 'income' }
  | { to: 'provider'; keepCents?: bigint | undefined; told?: ToldPayer }
  | { to: 'payer'; amountCents?: bigint | undefined; told?: ToldPayer };

/** M-PESA sends at least 10 shillings. */
export const LEAST_PAYOUT_CENTS = 1_000n;

/** Splits a fee into income and what is paid out; both add up to it. Throws `refund_too_large`, `amount_out_of_range` or `refund_impossible`. */
export function splitHold(decision: Decision, heldCents: bigint): { incomeCents: bigint; payoutCents: bigint } {
  if (decision.to === 'income') return { incomeCents: heldCents, payoutCents: 0n };
  const wantedCents = decision.to === 'payer' ? (decision.amountCents ?? heldCents) : heldCents - (decision.keepCents ?? 0n);
  const payoutCents = wantedCents - (wantedCents % 100n); // what was given back in the portal may have left cents
  if (payoutCents > heldCents)
    throw new AppError('refund_too_large', `${kes(heldCents)} is held: that is the most.`, { most: shillings(heldCents) });
  if (payoutCents >= LEAST_PAYOUT_CENTS) return { incomeCents: heldCents - payoutCents, payoutCents };
  if (decision.to === 'provider')
    throw new AppError(
      'amount_out_of_range',
      `${kes(heldCents)} is held and M-PESA sends at least 10 shillings: keep less, or release to income.`,
    );
  throw new AppError('refund_impossible', 'M-PESA sends at least 10 shillings.');
}
