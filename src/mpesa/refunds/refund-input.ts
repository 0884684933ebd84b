import * as z from 'zod';
import { centsFromShillings } from '#ground/money/cents.ts';
import { line } from '#ground/text/line.ts';
import { payerFields, requireIdentifiedPhone } from '../paybill/told-payer.ts';

const common = {
  amount: z.number().int('M-PESA moves whole shillings.').min(1).max(250_000).transform(centsFromShillings).optional(),
  reason: line(2, 100),
  /** `reversal` reverses a whole deposit at M-PESA; `b2c` sends any part of it to the payer's phone. */
  method: z.enum(['reversal', 'b2c']).optional(),
  ...payerFields,
};

/** What to refund: a payment, or one deposit (a surplus, money in suspense). */
export const RefundInput = z
  .union([z.strictObject({ ...common, paymentId: z.uuid() }), z.strictObject({ ...common, depositId: z.uuid() })])
  .superRefine(requireIdentifiedPhone);
export type RefundInput = z.output<typeof RefundInput>;
