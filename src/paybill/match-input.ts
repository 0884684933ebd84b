import * as z from 'zod';
import { centsFromShillings } from '../money/cents.ts';

const MOST_PARTS = 20;

const Part = z.strictObject({
  paymentId: z.uuid(),
  amount: z.number().int('M-PESA moves whole shillings.').min(1).transform(centsFromShillings).optional(),
});

/** Which payment a deposit pays, or which ones its parts pay. An amount is only checked: a payment is paid whole. */
export const MatchInput = z.union([
  Part.extend({ id: z.uuid() }).transform(({ id, ...part }) => ({ id, parts: [part] })),
  z.strictObject({
    id: z.uuid(),
    parts: z
      .array(Part)
      .min(1)
      .max(MOST_PARTS)
      .refine((parts) => new Set(parts.map(({ paymentId }) => paymentId)).size === parts.length, 'Name each payment once.'),
  }),
]);
export type MatchInput = z.output<typeof MatchInput>;
