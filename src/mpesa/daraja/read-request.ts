import * as z from 'zod';
import { cleanText } from './clean-text.ts';
import { DarajaError, type DarajaReason } from './errors.ts';

const LARGEST_SHILLINGS = 250_000; // Safaricom's limit for one transaction

/** The shapes of request fields that Safaricom accepts. */
export const sendable = {
  phone: z.string().regex(/^254[17]\d{8}$/),
  shortcode: z.string().regex(/^\d{5,9}$/),
  receipt: z.string().regex(/^[A-Z0-9]{6,20}$/),
  url: z.string().max(2000).refine(URL.canParse),
  shillings: (smallest: number) => z.number().int().min(smallest).max(LARGEST_SHILLINGS),
  /** Two to a hundred characters that Safaricom accepts; `Payment` when fewer than two remain, because the field is required. */
  remarks: z.string().transform((text) => {
    const clean = cleanText(text, 100);
    return clean.length < 2 ? 'Payment' : clean;
  }),
  /** Empty when nothing remains: the field is then left out. */
  occasion: z.string().transform((text) => cleanText(text, 100)),
};

const REASON_OF_FIELD: Record<string, DarajaReason> = {
  phone: 'invalid_phone',
  amountShillings: 'invalid_amount',
  callbackUrl: 'invalid_callback_url',
  resultUrl: 'invalid_callback_url',
  timeoutUrl: 'invalid_callback_url',
  confirmationUrl: 'invalid_callback_url',
  validationUrl: 'invalid_callback_url',
};

/** The request in the form that can be sent; throws a DarajaError of kind `refused` that names the first field that cannot. */
export function readRequest<T>(shape: z.ZodType<T>, request: unknown): T {
  const read = shape.safeParse(request);
  if (read.success) return read.data;
  const field = String(read.error.issues[0]?.path[0]);
  throw new DarajaError({ kind: 'refused', reason: REASON_OF_FIELD[field] ?? 'bad_request' }, `${field} not sendable`);
}
