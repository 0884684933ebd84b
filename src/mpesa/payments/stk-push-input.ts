import * as z from 'zod';
import { centsFromShillings } from '#ground/money/cents.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { line } from '#ground/text/line.ts';
import { PhoneNumber } from '#ground/text/phone.ts';

const TYPES = ['order', 'booking_fee', 'donation', 'savings', 'shares', 'welfare', 'loan_repayment'] as const;

const amount = z.number().positive().max(250_000).int('M-PESA moves whole shillings.').transform(centsFromShillings);

const Type = z
  .string()
  .transform((spelling) => (spelling.toUpperCase() === 'DEPOSIT' ? 'savings' : spelling.toLowerCase()))
  .pipe(z.enum(TYPES));

const Item = z.strictObject({
  sku: z.string().min(1).max(64),
  quantity: z.number().int().min(1).max(1000).default(1),
  amount: amount.optional(),
});

/**
 * What a page sends to have a customer prompted: what is bought and by whom, the `bookingId` of a booking whose fee is due, or the
 * `paymentId` of a payment to try again.
 */
export const StkPushInput = z
  .strictObject({
    phoneNumber: PhoneNumber,
    paymentId: z.uuid().optional(),
    bookingId: z.uuid().optional(),
    type: Type.default('order'),
    subject: z.string().max(64).optional(),
    items: z.array(Item).min(1).max(50).optional(),
    amount: amount.optional(),
    email: z.email().max(254).optional(),
    name: line(1, 120).optional(),
    language: z.enum(LANGUAGES).default('en'),
    externalReference: line(1, 64).optional(),
    metadata: z
      .record(z.string().max(40), z.union([z.string().max(200), z.number(), z.boolean()]))
      .refine((entries) => Object.keys(entries).length <= 20, 'At most 20 entries.')
      .optional(),
  })
  .refine(({ paymentId, bookingId, ...input }) => !(paymentId ?? bookingId) || !(input.items || input.subject || input.externalReference), {
    path: ['paymentId'],
    message: 'Send either a paymentId to try again (or a bookingId), or what is to be paid.',
  })
  .refine(({ paymentId, bookingId }) => !(paymentId && bookingId), { path: ['bookingId'], message: 'Send a paymentId or a bookingId.' });
export type StkPushInput = z.output<typeof StkPushInput>;
