import * as z from 'zod';
import { centsFromShillings } from '../money/cents.ts';
import { PhoneNumber } from '../payments/phone.ts';

const text = (most: number) =>
  z
    .string()
    .trim()
    .min(2)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, 'Remove line breaks and control characters.');

const shared = {
  amount: z.number().int('M-PESA moves whole shillings.').min(10).max(10_000_000).transform(centsFromShillings),
  reason: text(100),
  externalReference: text(64).optional(),
};

/** Money to be sent to a phone by M-PESA, or a bank transfer made elsewhere and recorded here with the bank's reference. */
export const PayoutInput = z.union([
  z.strictObject({ ...shared, phoneNumber: PhoneNumber }),
  z.strictObject({ ...shared, bankReference: text(64) }),
]);
export type PayoutInput = z.output<typeof PayoutInput>;
