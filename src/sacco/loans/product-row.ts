import { shillings } from '#ground/money/cents.ts';
import { percentOf } from './describe-terms.ts';
import type { loanProducts } from './loans.schema.ts';
import type { Product } from './product-input.ts';

/** The row of a product as it was sent. */
export function rowOf({
  code,
  name,
  method,
  period,
  instalments,
  interestPercent,
  fee,
  min,
  max,
  penalty,
  ...rest
}: Product): Omit<typeof loanProducts.$inferInsert, 'id' | 'createdAt'> {
  return {
    ...{ code, name, method, period, instalments, interestBasisPoints: interestPercent, minCents: min, maxCents: max },
    ...{ feeCents: fee.amount, feeBasisPoints: fee.percent, feeCharged: fee.charged },
    ...rest,
    penaltyKind: penalty.kind,
    penaltyCents: penalty.kind === 'fixed' ? penalty.amount : 0n,
    penaltyBasisPoints: penalty.kind === 'percent' ? penalty.percent : 0,
    ...(penalty.kind === 'none'
      ? { penaltyFrequency: 'once', graceDays: 0, penaltyCapBasisPoints: null, inDuplum: true }
      : {
          ...{ penaltyFrequency: penalty.frequency, graceDays: penalty.graceDays },
          ...{ penaltyCapBasisPoints: penalty.capPercent, inDuplum: penalty.inDuplum },
        }),
  };
}

/** The way back: a row in the shape that PUT takes. */
export const presentProduct = (row: typeof loanProducts.$inferSelect) => ({
  ...{ code: row.code, name: row.name, method: row.method, period: row.period, instalments: row.instalments },
  interestPercent: percentOf(row.interestBasisPoints),
  fee: { amount: shillings(row.feeCents), percent: percentOf(row.feeBasisPoints), charged: row.feeCharged },
  min: shillings(row.minCents),
  max: shillings(row.maxCents),
  penalty: presentPenalty(row),
  ...{ allocationOrder: row.allocationOrder, excess: row.excess, earlySettlement: row.earlySettlement },
});

function presentPenalty(row: typeof loanProducts.$inferSelect) {
  if (row.penaltyKind === 'none') return { kind: row.penaltyKind };
  return {
    kind: row.penaltyKind,
    ...(row.penaltyKind === 'fixed' ? { amount: shillings(row.penaltyCents) } : { percent: percentOf(row.penaltyBasisPoints) }),
    ...{ frequency: row.penaltyFrequency, graceDays: row.graceDays, inDuplum: row.inDuplum },
    capPercent: row.penaltyCapBasisPoints === null ? null : percentOf(row.penaltyCapBasisPoints),
  };
}
