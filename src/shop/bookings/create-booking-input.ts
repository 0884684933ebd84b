import * as z from 'zod';
import { centsFromShillings } from '#ground/money/cents.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { line } from '#ground/text/line.ts';
import { PhoneNumber } from '#ground/text/phone.ts';

const afterHours = z.number().int().min(1).max(2160);
const keep = z.number().int('M-PESA moves whole shillings.').min(1).max(250_000).transform(centsFromShillings).optional();

const AutoResolve = z.union([
  z.strictObject({ action: z.literal('release'), to: z.literal('income'), afterHours }),
  z.strictObject({ action: z.literal('release'), to: z.literal('provider'), keep, afterHours }),
  z.strictObject({ action: z.literal('refund'), afterHours }),
]);

/**
 * A fee of the price list that a customer is to pay and that is held until somebody decides about it. Callers without `bookings:write` may send only the fields
 * above `externalReference`; the others are for the organisation's own server.
 */
export const CreateBookingInput = z
  .strictObject({
    sku: z.string().min(1).max(64),
    phoneNumber: PhoneNumber,
    email: z.email().max(254).optional(),
    name: line(1, 120).optional(),
    language: z.enum(LANGUAGES).default('en'),
    metadata: z
      .record(z.string().max(40), z.union([z.string().max(200), z.number(), z.boolean()]))
      .refine((entries) => Object.keys(entries).length <= 20, 'At most 20 entries.')
      .optional(),
    externalReference: line(1, 64).optional(),
    providerPhoneNumber: PhoneNumber.optional(),
    expiresInHours: z.number().int().min(1).max(720).optional(),
    autoResolve: AutoResolve.optional(),
  })
  .refine(
    ({ autoResolve, providerPhoneNumber }) => !(autoResolve && 'to' in autoResolve && autoResolve.to === 'provider') || providerPhoneNumber,
    {
      path: ['providerPhoneNumber'],
      message: 'Say to which phone the provider is to be paid.',
    },
  );
export type CreateBookingInput = z.output<typeof CreateBookingInput>;
