import type { Tx } from '#ground/db/types.ts';

/** What a visitor may ask to pay for: lines from the price list, or a standing reference with the amount that the payer chose. */
export type QuoteInput = {
  items: { sku: string; quantity: number; amountCents?: bigint }[];
  subject?: string;
  amountCents?: bigint | undefined;
};

/**
 * How a price is found: `by` is the database function that computes it, `asked` its argument. The function yields one row `(owed_cents bigint, lines jsonb, refusal
 * text, refusal_detail jsonb)`.
 */
export type Quote = { by: 'quote_order_1' | 'quote_standing_1'; asked: object };

/** A settled payment as a purpose sees it when it books it. `sourceId` is the ledger's: the deposit's id, or the id of the match that took it out of suspense. */
export type SettledPayment = {
  id: string;
  reference: string;
  purpose: string;
  subject: string | null;
  lines: unknown;
  owedCents: bigint;
  amountCents: bigint;
  hasEmail: boolean;
  sourceId: string;
  depositId: string;
  settledAt: Date;
};

/**
 * What a payment is for. `quote` is part of the statement that opens a payment: the server computes the price. `allocate` moves the money out of clearing, inside
 * the transaction it is given; the legs add up to what came in. `takesEverything` is true where the payer chooses the amount: any amount is then booked to it, also
 * another one than was asked for, and also a second payment.
 */
export type Purpose = {
  quote(input: QuoteInput): Quote;
  takesEverything?: true;
  allocate(tx: Tx, payment: SettledPayment, now: Date): Promise<void>;
};

/** The purposes that are wired in, by the `type` that callers send. */
export type Purposes = Readonly<Record<string, Purpose>>;

/** Money that came for a standing reference. `sourceId` is the ledger's: the deposit's id, or the id of the match that took it out of suspense. */
export type ReceivedMoney = { sourceId: string; depositId: string; subjectId: string; amountCents: bigint; settledAt: Date };

/** Moves all of the money out of clearing to what the reference names, inside the transaction it is given. Never refuses: what a loan cannot take goes to savings. */
export type Destination = (tx: Tx, money: ReceivedMoney, now: Date) => Promise<void>;

/** Books a refund against its sale, inside the transaction it is given; false when it was booked before. */
export type CreditSale = (
  tx: Tx,
  refund: { payoutId: string; paymentId: string; amountCents: bigint; reason: string; now: Date },
) => Promise<boolean>;

/** Where money for a standing reference goes, by the kind of what it names. */
export type Destinations = Readonly<Record<'loan' | 'savings', Destination>>;
