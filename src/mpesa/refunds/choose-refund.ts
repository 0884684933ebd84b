import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';

/** Where a deposit's money stands, and how much of it is still there to be given back. */
export type Standing = { surplusCents: bigint; suspenseCents: bigint; saleCents: bigint };

/** What a refund is to be: how, out of which account, how much. */
export type ChosenRefund = {
  method: 'reversal' | 'b2c';
  sourceAccount: typeof ACCOUNTS.customerCredit | typeof ACCOUNTS.suspense | typeof ACCOUNTS.refunds;
  amountCents: bigint;
};

/** M-PESA sends 10 shillings at least. */
const LEAST_B2C_CENTS = 1_000n;

/**
 * Chooses a refund, or throws `refund_too_large` or `refund_impossible`. Without an amount it is all that is left. Money that waits for its owner goes before
 * money that was sold for, and a refund comes out of one account. The whole of an untouched deposit whose receipt is proved is reversed, a part is sent by B2C, unless asked otherwise.
 */
export function chooseRefund(
  wanted: { amountCents: bigint | undefined; method: 'reversal' | 'b2c' | undefined },
  deposit: { amountCents: bigint; standing: Standing; receiptProved: boolean; givenBackCents: bigint },
): ChosenRefund {
  const { surplusCents, suspenseCents, saleCents } = deposit.standing;
  const left = deposit.amountCents - deposit.givenBackCents; // of the deposit, wherever it stands
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
      deposit.givenBackCents > 0n
        ? ` KES ${shillings(deposit.givenBackCents)} is asked for or was given back already: see the payouts.`
        : '';
    throw new AppError('refund_too_large', `One refund of it can be KES ${shillings(most)} at most.${already}`, { most: shillings(most) });
  }
  const whole = amountCents === deposit.amountCents && deposit.receiptProved;
  const method = wanted.method ?? (whole ? 'reversal' : 'b2c');
  if (method === 'reversal' && !whole)
    throw new AppError(
      'refund_impossible',
      'A reversal gives back the whole of a payment whose M-PESA code is proved. Refund a part, or what has no proved code, by "b2c".',
    );
  if (method === 'b2c' && amountCents < LEAST_B2C_CENTS)
    throw new AppError('refund_impossible', 'M-PESA sends 10 shillings at least: reverse the whole payment instead.');
  return { method, sourceAccount: place.sourceAccount, amountCents };
}
