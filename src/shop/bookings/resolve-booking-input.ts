import * as z from 'zod';
import { centsFromShillings } from '#ground/money/cents.ts';
import { payerFields, requireIdentifiedPhone } from '#mpesa/paybill/told-payer.ts';

const amount = z.number().int('M-PESA moves whole shillings.').min(1).max(250_000).transform(centsFromShillings).optional();
const which = { id: z.uuid() };
const { phoneNumber } = payerFields;

/**
 * What becomes of a booking: its fee is released to income, or to the provider less what is kept, or refunded in full or in part; `dispute` stops every
 * decision until `reopen`, and the automatic one for good; `retry-payout` requests again a payout that was declined or rejected.
 */
export const ResolveBookingInput = z.discriminatedUnion('action', [
  z.discriminatedUnion('to', [
    z.strictObject({ ...which, action: z.literal('release'), to: z.literal('income') }),
    z.strictObject({ ...which, action: z.literal('release'), to: z.literal('provider'), keep: amount, phoneNumber }),
  ]),
  z.strictObject({ ...which, action: z.literal('refund'), amount, ...payerFields }).superRefine(requireIdentifiedPhone),
  z.strictObject({ ...which, action: z.literal('dispute') }),
  z.strictObject({ ...which, action: z.literal('reopen') }),
  z.strictObject({ ...which, action: z.literal('retry-payout'), ...payerFields }).superRefine(requireIdentifiedPhone),
]);
export type ResolveBookingInput = z.output<typeof ResolveBookingInput>;
