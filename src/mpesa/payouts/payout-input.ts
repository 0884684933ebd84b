import * as z from 'zod';
import { centsFromShillings } from '#ground/money/cents.ts';
import { line } from '#ground/text/line.ts';
import { PhoneNumber } from '#ground/text/phone.ts';

const shared = {
  amount: z.number().int('M-PESA moves whole shillings.').min(10).max(10_000_000).transform(centsFromShillings),
  reason: line(2, 100),
  externalReference: line(2, 64).optional(),
};

/** A payment to a phone by M-PESA, or a bank transfer that was made elsewhere and is recorded here with the bank's reference. */
export const PayoutInput = z.union([
  z.strictObject({ ...shared, phoneNumber: PhoneNumber }),
  z.strictObject({ ...shared, bankReference: line(2, 64) }),
]);
export type PayoutInput = z.output<typeof PayoutInput>;
