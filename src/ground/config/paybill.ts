import * as z from 'zod';
import { list, shortcodes } from './shapes.ts';

const PURPOSES: readonly string[] = ['order', 'donation', 'booking_fee'];

/** The variables for money that customers send to the paybill or till by themselves. */
export const PAYBILL_VARIABLES = {
  /** Our further numbers whose notices go to the same addresses: tills, stores, paybills. */
  MPESA_SHORTCODES: shortcodes.default([]),
  PAYBILL_UNKNOWN_REFERENCE: z.enum(['accept', 'refuse'], { error: 'is accept or refuse' }).default('accept'),
  PAYBILL_RESPONSE_TYPE: z.enum(['Completed', 'Cancelled'], { error: 'is Completed or Cancelled' }).default('Completed'),
  /** Whether payments are pulled each quarter of an hour, and the number in the short code's contract, which registering needs. */
  MPESA_PULL: z.enum(['on', 'off'], { error: 'is on or off' }).default('off'),
  MPESA_PULL_NUMBER: z
    .string()
    .regex(/^254[17]\d{8}$/, 'is a number like 254712345678')
    .optional(),
  /** Purposes whose payments count as paid only when the money is proved: order, donation, booking_fee. */
  WAIT_FOR_PROOF: list
    .refine((entries) => entries.every((entry) => PURPOSES.includes(entry)), `is a list of ${PURPOSES.join(', ')}`)
    .default([]),
  /** What unrequested money at a till is: suspense for a person to match, or counter sales of this VAT class. */
  COUNTER_MONEY: z
    .enum(['suspense', 'sales-A', 'sales-B', 'sales-C', 'sales-D', 'sales-E'], { error: 'is suspense, or sales-A to sales-E' })
    .default('suspense'),
};

type PaybillVariables = z.output<z.ZodObject<typeof PAYBILL_VARIABLES>>;

/** The variables of the paybill, grouped. `responseType` is what Safaricom does with a payment when our validation does not answer. */
export const paybillSettings = (env: PaybillVariables) => ({
  unknownReference: env.PAYBILL_UNKNOWN_REFERENCE,
  responseType: env.PAYBILL_RESPONSE_TYPE,
  shortcodes: env.MPESA_SHORTCODES,
  pull: env.MPESA_PULL === 'on',
  pullNumber: env.MPESA_PULL_NUMBER,
  waitForProof: env.WAIT_FOR_PROOF,
  counterVatClass: env.COUNTER_MONEY === 'suspense' ? null : env.COUNTER_MONEY.slice(-1),
});

/** The variables of the balance watch and of M-PESA's charges. */
export const FLOAT_VARIABLES = {
  /** Our short codes whose balance is asked each hour; by default all. */
  BALANCE_SHORTCODES: shortcodes.optional(),
  MPESA_CHARGES: z.enum(['tariff', 'none'], { error: 'is tariff or none' }).default('tariff'),
  MPESA_PAYBILL_PAYER: z.enum(['customer', 'shared', 'business'], { error: 'is customer, shared or business' }).default('customer'),
};

type FloatVariables = z.output<z.ZodObject<typeof FLOAT_VARIABLES>>;

/** The variables of the balance watch, grouped. */
export const floatSettings = (env: FloatVariables) => ({
  shortcodes: env.BALANCE_SHORTCODES,
  expectsCharges: env.MPESA_CHARGES === 'tariff',
  paybillPayer: env.MPESA_PAYBILL_PAYER,
});
