import type { SQL } from 'drizzle-orm';
import type { Tx } from '../db/types.ts';

/** What a visitor may name to be paid for: lines from the price list, or the subject of a later purpose. */
export type QuoteInput = { items: { sku: string; quantity: number; amountCents?: bigint }[]; subject?: string };

/** A settled payment as a purpose sees it when it books it. */
export type SettledPayment = {
  id: string;
  reference: string;
  purpose: string;
  subject: string | null;
  lines: unknown;
  owedCents: bigint;
  amountCents: bigint;
  hasEmail: boolean;
  depositId: string;
  settledAt: Date;
};

/**
 * Why money is paid. `quote` is a select that yields one row `(owed_cents bigint, lines jsonb, refusal text, refusal_detail jsonb)` and is embedded in the
 * statement that opens a payment: the server computes the price. `allocate` moves the money out of clearing, inside the transaction it is given; the legs add
 * up to what came in. `checkPayable` is a statement that refuses a further prompt for a payment that may not be paid any more; it says nothing about others.
 */
export type Purpose = {
  quote(input: QuoteInput): SQL;
  checkPayable?(paymentId: string, now: Date): SQL;
  allocate(tx: Tx, payment: SettledPayment, now: Date): Promise<void>;
};

/** The purposes that are wired in, by the `type` that callers send. */
export type Purposes = Readonly<Record<string, Purpose>>;
