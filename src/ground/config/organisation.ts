import * as z from 'zod';
import { email, list } from './shapes.ts';

/** Whose site it is, as invoices, messages and pages say it. */
export const ORGANISATION_VARIABLES = {
  ORGANISATION_NAME: z.string().max(60, 'has at most 60 characters'),
  ORGANISATION_KRA_PIN: z
    .string()
    .regex(/^[AP]\d{9}[A-Z]$/, 'is a KRA PIN such as P051234567X')
    .optional(),
  ORGANISATION_ADDRESS: list.default([]),
  ORGANISATION_EMAIL: email.optional(),
  ORGANISATION_PHONE: z.string().max(30, 'has at most 30 characters').optional(),
  ORGANISATION_COLOUR: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'is a colour such as #0b7a3b')
    .default('#0b7a3b'),
};

const Variables = z.object(ORGANISATION_VARIABLES);

/** The organisation as the application knows it. */
export const organisationSettings = (env: z.output<typeof Variables>) => ({
  name: env.ORGANISATION_NAME,
  kraPin: env.ORGANISATION_KRA_PIN,
  address: env.ORGANISATION_ADDRESS,
  email: env.ORGANISATION_EMAIL,
  phone: env.ORGANISATION_PHONE,
  colour: env.ORGANISATION_COLOUR,
});
