import * as z from 'zod';

/** An id of Safaricom's, opaque and printable. */
export const requiredId = z.string().regex(/^[\x21-\x7e]{1,200}$/);

/** Such an id where it may be missing: anything else reads as absent. */
export const id = requiredId.optional().catch(undefined);

/** A result code as text, whether it came as a number or as a word; anything else reads as absent. */
export const resultCode = z
  .union([z.number().int().transform(String), z.string().regex(/^\w{1,40}$/)])
  .optional()
  .catch(undefined);

/** Safaricom's yes to a request. */
export const accepted = z.union([z.literal('0'), z.literal(0)]);

/** What M-PESA writes as a value: never a list, an object or a truth value. */
export const scalar = z.union([z.number(), z.string()]);

/** A receipt as M-PESA prints it. */
export const receipt = z.string().regex(/^[A-Z0-9]{6,20}$/);

/** A receipt of a real transaction: neither a mere number nor the three characters and seven zeros that failures and answers write in its place. */
export const realReceipt = receipt.refine((text) => /[A-Z]/.test(text) && !/^\w{3}0{7}$/.test(text));

/** Shillings above zero as text, plainly written with at most two decimals, as cents. */
const amountText = z
  .string()
  .regex(/^(0|[1-9]\d{0,8})(\.\d{1,2})?$/)
  .transform(toCents)
  .pipe(z.bigint().positive());

/** Such an amount, as text or as a number. */
export const amount = scalar.transform(String).pipe(amountText);

/** Such an amount as people write it: with space around it, and 1,250.00 for 1250.00; any other comma makes it unreadable. */
export const writtenAmount = scalar.transform((value) => withoutThousands(String(value).trim())).pipe(amountText);

/** The balance of an account in cents: it may be zero or below. */
export const balance = scalar
  .transform(String)
  .pipe(z.string().regex(/^-?(0|[1-9]\d{0,11})(\.\d{1,2})?$/))
  .transform(toCents);

/** A value that may be missing; `sound` is false when it is present in another shape. */
export type Part<T> = { value?: T; sound: boolean };

/** Reads a value that may be missing or null. */
export function readPart<T>(value: unknown, shape: z.ZodType<T>): Part<T> {
  if (value === undefined || value === null) return { sound: true };
  const read = shape.safeParse(value);
  return read.success ? { value: read.data, sound: true } : { sound: false };
}

function withoutThousands(text: string): string {
  return /^[1-9]\d{0,2}(,\d{3})+(\.\d{1,2})?$/.test(text) ? text.replaceAll(',', '') : text;
}

function toCents(shillings: string): bigint {
  const [whole = '0', part = ''] = shillings.replace('-', '').split('.');
  const cents = BigInt(whole) * 100n + BigInt(part.padEnd(2, '0'));
  return shillings.startsWith('-') ? -cents : cents;
}
