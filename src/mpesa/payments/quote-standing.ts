import { AppError } from '#ground/errors.ts';
import type { Quote, QuoteInput } from '../wiring/purpose.ts';

/**
 * Quotes a payment to a standing reference, whose amount the payer chooses: quote-standing.sql has the rule. The amount due is never filled
 * in, since only the owner may know it.
 */
export function quoteStanding({ subject, amountCents, items }: QuoteInput, kind: 'loan' | 'savings'): Quote {
  const example = kind === 'loan' ? 'LN-4K7Q2M9X' : 'SV-4K7Q2M9X';
  if (!subject || amountCents === undefined || items.length > 0)
    throw new AppError('invalid_input', `Send subject (the reference, such as ${example}) and amount (whole shillings), and no items.`);
  return { by: 'quote_standing_1', asked: { kind, subject, amount_cents: amountCents.toString() } };
}
