import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText } from '#ground/db/rows.ts';
import type { Purpose, Purposes } from '../wiring/purpose.ts';

/** A payment as its purpose needs it for booking. */
export const PaymentToBook = z.object({
  id: z.uuid(),
  reference: z.string(),
  purpose: z.string(),
  subject: z.string().nullable(),
  lines: z.unknown(),
  state: z.string(),
  owedCents: bigintText,
  amountCents: bigintText,
  hasEmail: z.boolean(),
});
export type PaymentToBook = z.output<typeof PaymentToBook>;

/** Its columns of `payments`. */
export const PAYMENT_TO_BOOK_COLUMNS = sql`id, reference, purpose, subject, lines, state, owed_cents, amount_cents, email is not null as has_email`;

/** The purpose of a payment. Throws when it is no longer wired in. */
export function purposeOf(purposes: Purposes, { purpose: name }: Pick<PaymentToBook, 'purpose'>): Purpose {
  const purpose = purposes[name];
  if (!purpose) throw new Error(`No purpose "${name}" is wired in: see src/core.ts.`);
  return purpose;
}
