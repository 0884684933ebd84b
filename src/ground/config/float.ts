import * as z from 'zod';
import { shortcodes } from './shapes.ts';

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
