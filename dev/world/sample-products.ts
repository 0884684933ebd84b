import type * as z from 'zod';
import type { PutProductsInput } from '#sacco/loans/product-input.ts';

/** What the local SACCO lends: the same weekly loan with both ways to treat money that is not due yet, and a monthly one with interest on what is left. */
export const SAMPLE_PRODUCTS: z.input<typeof PutProductsInput>['products'] = [
  {
    ...{
      code: 'weekly',
      name: 'Weekly loan, what is more is saved',
      method: 'flat',
      period: 'week',
      instalments: 10,
      min: 500,
      max: 50_000,
    },
    penalty: { kind: 'percent', percent: 10, frequency: 'once', graceDays: 3 },
    excess: 'instalment',
  },
  {
    ...{
      code: 'weekly-full',
      name: 'Weekly loan, everything repays',
      method: 'flat',
      period: 'week',
      instalments: 10,
      min: 500,
      max: 50_000,
    },
    penalty: { kind: 'percent', percent: 10, frequency: 'once', graceDays: 3 },
    excess: 'full',
  },
  {
    ...{ code: 'development', name: 'Development loan', method: 'reducing', period: 'month', instalments: 12, interestPercent: 1 },
    ...{ min: 10_000, max: 600_000, fee: { percent: 2, charged: 'deducted' } },
    penalty: { kind: 'percent', percent: 5, frequency: 'per_period', graceDays: 5, capPercent: 25 },
    ...{ excess: 'full', earlySettlement: 'interest_to_date' },
  },
];
