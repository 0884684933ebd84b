import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '#ground/errors.ts';
import { splitHold } from '#shop/bookings/split-hold.ts';

const shillings = (most: number) => fc.bigInt({ min: 1n, max: BigInt(most) }).map((amount) => amount * 100n);

test('income and payout add up to what is held, neither is negative, and M-PESA can send the payout; or it is refused in words', () => {
  const decision = fc.oneof(
    fc.constant({ to: 'income' as const }),
    fc.record({ to: fc.constant('provider' as const), keepCents: fc.option(shillings(300), { nil: undefined }) }),
    fc.record({ to: fc.constant('payer' as const), amountCents: fc.option(shillings(300), { nil: undefined }) }),
  );
  let [split, refused] = [0, 0];
  fc.assert(
    fc.property(decision, shillings(300), (wish, heldCents) => {
      try {
        const { incomeCents, payoutCents } = splitHold(wish, heldCents);
        expect(incomeCents + payoutCents).toBe(heldCents);
        expect(incomeCents).toBeGreaterThanOrEqual(0n);
        if (wish.to === 'income') expect(payoutCents).toBe(0n);
        else expect(payoutCents).toBeGreaterThanOrEqual(1_000n);
        split += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        refused += 1;
      }
    }),
    { seed: 7, numRuns: 500 },
  );
  expect(split).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(50);
});
