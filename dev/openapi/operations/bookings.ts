import * as z from 'zod';
import { id, metadata, shillings, time } from '../fields.ts';
import { operation, type Part } from '../operation.ts';
import { paymentStatus } from './payments.ts';

const Booking = z
  .strictObject({
    bookingId: id,
    reference: z.string(),
    state: z.enum(['created', 'matching', 'released', 'refunded', 'expired', 'disputed']),
    sku: z.string(),
    name: z.string(),
    amount: shillings,
    givenBack: shillings
      .describe('The part of the fee that was given back by hand while it was held: the decision is about the rest.')
      .optional(),
    maskedPhone: z.string(),
    paymentStatus,
    proved: z.boolean().nullable(),
    createdAt: time,
    expiresAt: time,
    heldAt: time.nullable(),
    resolvedAt: time.nullable(),
    refund: z.strictObject({ amount: shillings, state: z.string().nullable() }).nullable(),
    externalReference: z.string().nullable(),
    metadata: metadata.nullable(),
    invoiceUrl: z.string().nullable(),
    autoResolve: z
      .strictObject({ to: z.enum(['income', 'provider', 'payer']), at: time })
      .nullable()
      .optional(),
    income: shillings.nullable().optional(),
    payout: z
      .strictObject({ payoutId: id.nullable(), to: z.enum(['payer', 'provider']), amount: shillings, state: z.string().nullable() })
      .nullable()
      .optional(),
  })
  .meta({
    id: 'Booking',
    description: '`matching` is paid and held. `autoResolve`, `income` and `payout` are shown to whoever may decide about it.',
  });

export const bookings: Part = {
  tag: 'Bookings',
  about: 'Fees that are held until somebody decides who gets them.',
  operations: {
    createBooking: operation(() => import('../../../netlify/functions/create-booking.ts'), {
      summary: 'Book something whose fee is held',
      description:
        'Answers with a `reference` for the paybill; a prompt takes `bookingId` and `phoneNumber`. Only a key may send `externalReference`, `providerPhoneNumber`, `expiresInHours` and `autoResolve`. Every refusal carries `customerMessage`.',
      answer: Booking,
      problems: [
        ...(['amount_mismatch', 'amount_out_of_range', 'booking_not_found', 'daily_cap', 'external_reference_used', 'forbidden'] as const),
        ...(['too_many_bookings', 'too_many_requests', 'unknown_item'] as const),
      ],
      takesKey: true,
    }),
    readBooking: operation(() => import('../../../netlify/functions/read-booking.ts'), {
      summary: 'Read how a booking stands',
      description: 'For whoever holds its id, which cannot be guessed.',
      answer: Booking,
      problems: ['booking_not_found'],
    }),
    resolveBooking: operation(() => import('../../../netlify/functions/resolve-booking.ts'), {
      summary: 'Decide who gets a held fee',
      description:
        'Once: it is released to income, or to the provider less what is kept, or refunded whole or in part. `dispute` stops every decision until `reopen`, and the automatic one for good. `retry-payout` requests again a payout that was declined or rejected, or the rest after a part was paid by hand.',
      answer: Booking,
      problems: [
        ...(['amount_out_of_range', 'booking_decided', 'booking_disputed', 'booking_not_found', 'booking_not_held'] as const),
        ...(['deposit_refuted', 'payer_unknown', 'payout_under_way', 'payouts_not_configured', 'provider_unknown'] as const),
        ...(['receipt_unconfirmed', 'refund_impossible', 'refund_too_large', 'reversed_elsewhere'] as const),
      ],
    }),
  },
};
