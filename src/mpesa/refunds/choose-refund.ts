import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { AppError } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';

/** How much of a deposit is left to be given back, by where it stands. */
export type Standing = { surplusCents: bigint; suspenseCents: bigint; saleCents: bigint };

/** A refund to make: how, from which account, how much. */
export type ChosenRefund = {
  method: 'reversal' | 'b2c';
  sourceAccount: typeof ACCOUNTS.customerCredit | typeof ACCOUNTS.suspense | typeof ACCOUNTS.refunds;
  amountCents: bigint;
};

/** The least that M-PESA sends: 10 shillings. */
const LEAST_B2C_CENTS = 1_000n;

/**
 * Chooses a refund, from one account: money that waits for its owner before money of a sale. Without an amount it is all that is left
 * there. Unless asked otherwise, an untouched deposit with a proved receipt is reversed whole, and anything else is sent by B2C. Throws
 * `refund_too_large`, `refund_impossible`.
 */
export function chooseRefund(
  wanted: { amountCents: bigint | undefined; method: 'reversal' | 'b2c' | undefined },
  deposit: { amountCents: bigint; standing: Standing; receiptProved: boolean; givenBackCents: bigint },
): ChosenRefund {
  const { surplusCents, suspenseCents, saleCents } = deposit.standing;
  const left = deposit.amountCents - deposit.givenBackCents; // of the whole deposit
  const atMost = (cents: bigint) => (cents < left ? cents : left);
  const places = [
    { sourceAccount: ACCOUNTS.customerCredit, leftCents: atMost(surplusCents) },
    { sourceAccount: ACCOUNTS.suspense, leftCents: atMost(suspenseCents) },
    { sourceAccount: ACCOUNTS.refunds, leftCents: atMost(saleCents) },
  ] as const;
  const amountCents = wanted.amountCents ?? places.find(({ leftCents }) => leftCents > 0n)?.leftCents ?? 0n;
  const place = places.find(({ leftCents }) => leftCents >= amountCents && leftCents > 0n);
  if (!place) {
    const [most = 0n] = places.map(({ leftCents }) => leftCents).sort((a, b) => (a < b ? 1 : -1));
    const already =
      deposit.givenBackCents > 0n ? ` ${kes(deposit.givenBackCents)} is requested or was refunded already: see the payouts.` : '';
    throw new AppError('refund_too_large', `One refund of this payment can be ${kes(most)} at most.${already}`, {
      most: shillings(most),
    });
  }
  const whole = amountCents === deposit.amountCents && deposit.receiptProved;
  const method = wanted.method ?? (whole ? 'reversal' : 'b2c');
  if (method === 'reversal' && !whole)
    throw new AppError(
      'refund_impossible',
      'A reversal refunds the whole of a payment whose M-PESA code is proved. Refund a part, or what has no proved code, by "b2c".',
    );
  if (method === 'b2c' && amountCents < LEAST_B2C_CENTS)
    throw new AppError('refund_impossible', 'M-PESA sends at least 10 shillings: reverse the whole payment instead.');
  return { method, sourceAccount: place.sourceAccount, amountCents };
}
