import * as z from 'zod';
import { decimal } from './shapes.ts';

/** The variables of reports. */
export const REPORT_VARIABLES = {
  DAILY_SUMMARY: z.enum(['on', 'off'], { error: 'is on or off' }).default('on'),
  SMS_PRICE_CENTS: decimal(0, 10_000).default(80),
  EMAIL_PRICE_CENTS: decimal(0, 10_000).default(0),
};

type ReportVariables = z.output<z.ZodObject<typeof REPORT_VARIABLES>>;

/** Whether operators get the summary of each day by e-mail, and what a message costs. */
export const reportSettings = (env: ReportVariables) => ({
  dailySummary: env.DAILY_SUMMARY === 'on',
  priceCents: { sms: BigInt(env.SMS_PRICE_CENTS), email: BigInt(env.EMAIL_PRICE_CENTS) },
});
