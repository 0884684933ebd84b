import * as z from 'zod';
import { LANGUAGES } from '#ground/text/language.ts';
import { line } from '#ground/text/line.ts';
import { PhoneNumber } from '#ground/text/phone.ts';

/** The number of an identity card, a passport or an alien card; spaces, dashes and leading zeros do not count. */
export const NationalId = z
  .string()
  .max(40)
  .transform((typed) => typed.toUpperCase().replace(/[\s.-]/g, ''))
  .pipe(z.string().regex(/^(?=.*\d{4})[A-Z0-9]{5,20}$/, 'The number as it stands on the card: 5 to 20 letters and digits.'))
  .transform((number) => number.replace(/^0+(?=.{4})/, ''));

/** What newcomers say about themselves and may change later. */
export const CHANGEABLE = {
  email: z.email().max(254),
  address: line(1, 200),
  nextOfKin: z.strictObject({ name: line(1, 120), phone: PhoneNumber, relationship: line(1, 60) }),
  language: z.enum(LANGUAGES),
};

/** Who joins. `phoneNumber` must be the one they signed in with: the session proves it but does not hold it. */
export const RegisterMemberInput = z.strictObject({
  phoneNumber: PhoneNumber,
  name: line(1, 120),
  nationalId: NationalId,
  bornOn: z.iso.date('A day is written like 1990-11-21.').refine((day) => day >= '1900-01-01', 'Read the year again.'),
  kraPin: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[AP]\d{9}[A-Z]$/, 'A KRA PIN is written like A012345678Z.')
    .optional(),
  email: CHANGEABLE.email.optional(),
  address: CHANGEABLE.address.optional(),
  nextOfKin: CHANGEABLE.nextOfKin.optional(),
  language: CHANGEABLE.language.default('en'),
});
export type RegisterMemberInput = z.output<typeof RegisterMemberInput>;
