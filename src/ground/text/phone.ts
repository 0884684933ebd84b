import parsePhoneNumber from 'libphonenumber-js/mobile';
import * as z from 'zod';

/**
 * Reads a Kenyan mobile number as people type it (07, 01, 7, 1, 254, +254, 00254, spaces, dashes) into 2547XXXXXXXX; undefined when it is
 * not one.
 */
export function readPhone(typed: string): string | undefined {
  const digits = typed
    .replace(/[^\d+]/g, '')
    .replace(/^00/, '+')
    .replace(/^254/, '+254');
  const parsed = parsePhoneNumber(digits, 'KE');
  // numbers are portable between networks, so the prefix says nothing about M-PESA: Safaricom decides
  return parsed?.country === 'KE' && parsed.isValid() ? parsed.number.slice(1) : undefined;
}

/** A phone number in a request: read into 2547XXXXXXXX, or refused with the form to use. */
export const PhoneNumber = z
  .string()
  .max(40)
  .transform((typed, context) => {
    const phone = readPhone(typed);
    if (phone) return phone;
    context.addIssue({ code: 'custom', message: 'Enter a Kenyan mobile number like 0712 345 678.' });
    return z.NEVER;
  });
