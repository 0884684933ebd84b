import * as z from 'zod';

/** The variables that say how money is taken that customers send to the paybill or till by themselves. */
export const PAYBILL_VARIABLES = {
  PAYBILL_UNKNOWN_REFERENCE: z.enum(['accept', 'refuse'], { error: 'is accept or refuse' }).default('accept'),
  PAYBILL_RESPONSE_TYPE: z.enum(['Completed', 'Cancelled'], { error: 'is Completed or Cancelled' }).default('Completed'),
};

type PaybillVariables = z.output<z.ZodObject<typeof PAYBILL_VARIABLES>>;

/** The variables of the paybill, grouped. `responseType` is what Safaricom does with a payment when our validation does not answer. */
export const paybillSettings = (env: PaybillVariables) => ({
  unknownReference: env.PAYBILL_UNKNOWN_REFERENCE,
  responseType: env.PAYBILL_RESPONSE_TYPE,
});
